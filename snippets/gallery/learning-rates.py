# %% [markdown] lang="zh"
# # 学习率调度的曲线 { #learning-rates }
#
# 每条曲线都由 PyTorch 走出来：建优化器和学习率调度器，一步步走，每一步都从 `optimizer.param_groups` 读出这一步所用的学习率。最后一幅是一次真正的训练；在它之前，优化器的学习率都设为 0.1，除了预热（横轴放大）和乘积（对数轴），坐标范围也都相同，可以直接比较。
#
# 横轴数的是 `scheduler.step()` 的调用次数：每批调用一次就是批次，每轮调用一次就是轮。
# %% [markdown] lang="en"
# # Learning-rate curves { #learning-rates }
#
# Each curve is a real loop: an optimizer, a scheduler, and at each step the learning rate that this step uses, read from `optimizer.param_groups`. The last figure is a real training. Up to there, the optimizer is given a learning rate of 0.1, and apart from the warmup (enlarged) and the product (a log scale), the scales are the same too, so the curves can be compared at a glance.
#
# The horizontal axis counts calls of `scheduler.step()`: batches with one call per batch, epochs with one call per epoch.
# %%
import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def record(make_scheduler, steps=100):
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def scales(axes):
    for ax in axes.flat:
        ax.set(xlim=(0, 100), ylim=(-0.004, 0.105), xticks=[0, 50, 100])
        ax.set(yticks=[0, 0.05, 0.1])
    axes[0, 0].figure.supxlabel("步数 | step")
    axes[0, 0].figure.supylabel("学习率 | learning rate")


# %% [markdown] lang="zh"
# ## 衰减 { #decay }
#
# 同样从 0.1 出发，差别在于高学习率保持多久，最后降到哪里（灰色虚线是线性衰减，供比较）。阶梯形的先保持，再骤降，何时降要事先知道。指数衰减在这几条光滑曲线中起步降得最快，却到不了 0：100 步之后还剩 0.97¹⁰⁰，约 5%，这里的线性、多项式和余弦衰减都降到 0。余弦两头平、中间陡，走到一半时正好剩一半；与线性衰减一样，定下总步数就够了。
# %% [markdown] lang="en"
# ## Decay { #decay }
#
# All start from 0.1. They differ in how long the learning rate stays high, and in where it ends (the dotted line is linear decay, for comparison). Staircases hold it, then drop; when to drop has to be known in advance. Of these smooth curves, exponential decay starts falling fastest, yet it does not reach 0: after 100 steps, 0.97¹⁰⁰ is left, about 5%, where linear, polynomial, and cosine decay have come to 0 here. The cosine is flat at both ends and steep between them, with half left halfway; like linear decay, it needs no number but the length of the training.
# %% zh="六幅小图，每幅一种调度器，灰色虚线是线性衰减：StepLR 和 MultiStepLR 是阶梯，ExponentialLR 先快后慢，LinearLR 是直线，PolynomialLR 先陡后平，CosineAnnealingLR 两头平、中间陡。" en="Six small charts, one scheduler each, with linear decay as a dotted grey line: StepLR and MultiStepLR are staircases, ExponentialLR falls fast, then slowly, LinearLR is a straight line, PolynomialLR is steep, then flat, CosineAnnealingLR is flat at both ends and steep between them."
decays = {
    StepLR: dict(step_size=30, gamma=0.3),
    MultiStepLR: dict(milestones=[50, 80], gamma=0.1),
    ExponentialLR: dict(gamma=0.97),
    LinearLR: dict(start_factor=1, end_factor=0, total_iters=100),
    PolynomialLR: dict(total_iters=100, power=2),
    CosineAnnealingLR: dict(T_max=100),
}
curves = {kind: record(lambda o: kind(o, **kw)) for kind, kw in decays.items()}

fig, axes = plt.subplots(3, 2, figsize=(7.2, 5.6), sharex=True, sharey=True)
for ax, shown in zip(axes.flat, decays):
    ax.plot([0, 99], curves[LinearLR][::99], color="0.5", linewidth=1, linestyle=":")
    ax.plot(curves[shown], color="C0", linewidth=2.4)
    ax.set_title(shown.__name__, loc="left", color="C0")
    arguments = [f"{name}={value}" for name, value in decays[shown].items()]
    ax.text(99, 0.102, "\n".join(arguments), ha="right", va="top", fontsize=11)
scales(axes)
plt.show()
# %%
for kind, rates in curves.items():
    print(f"{kind.__name__:18}", *(f"{rates[step]:.4f}" for step in (0, 50, 99)))
# %% [markdown] lang="zh"
# ## 预热 { #warmup }
#
# 预热只有几步，差一步就看得出来。`LinearLR` 和写对的 `LambdaLR` 每一步都相同：第一步已经是 0.01，第十步到 0.1，之后不变。少写了 `+ 1` 和 `min`，就错在两处：第一步学习率是 0，权重不动；过了第十步也不停，一直增大下去。
# %% [markdown] lang="en"
# ## Warmup { #warmup }
#
# A warmup is short, so one step more or less shows. `LinearLR` and the right `LambdaLR` agree in every step: the first uses 0.01, the tenth 0.1, and there it stays. Without `+ 1` and `min`, two things go wrong: the first step has a learning rate of 0 and leaves the weights as they are, and past the tenth the rate does not stop but grows on and on.
# %% zh="点图：LinearLR 与写对的 LambdaLR 的点重合，从 0.01 升到 0.1 后保持；写成 t / 10 的从 0 开始，超过 0.1 之后继续上升。" en="Dot chart: the points of LinearLR and of the right LambdaLR coincide, rise from 0.01 to 0.1 and stay there. Those of t / 10 start at 0 and grow on past 0.1."
linear = record(lambda o: LinearLR(o, start_factor=0.1, total_iters=9), steps=16)
right = record(lambda o: LambdaLR(o, lambda t: min(1, (t + 1) / 10)), steps=16)
wrong = record(lambda o: LambdaLR(o, lambda t: t / 10), steps=16)

fig, ax = plt.subplots()
ax.axhline(0.1, color="0.5", linewidth=0.8, linestyle=":")
ax.plot(wrong, "o--", color="C1", markersize=4, linewidth=1)
ax.plot(linear, "o-", color="C0", markersize=5)
ax.plot(right, "o", color="C2", markersize=10, fillstyle="none")
ax.text(12.2, 0.135, "lambda t: t / 10", color="C1", ha="right", va="bottom")
ax.text(15.3, 0.045, "LinearLR(start_factor=0.1, total_iters=9)", color="C0", ha="right")
ax.text(15.3, 0.027, "lambda t: min(1, (t + 1) / 10)", color="C2", ha="right")
ax.annotate(
    "学习率为 0 | a rate of 0", (0.15, 0), (1.3, 0.004), color="C1", va="center",
    arrowprops={"arrowstyle": "->", "color": "C1"},
)
ax.set(xlim=(-0.4, 15.4), ylim=(-0.006, 0.155), xticks=range(0, 16, 3))
ax.set_xlabel("步数 | step")
ax.set_ylabel("学习率 | learning rate")
plt.show()
# %% [markdown] lang="zh"
# ## 预热之后衰减 { #warmup-decay }
#
# - `LambdaLR`：十步预热，再沿余弦降到 0；虚线留了十分之一作下限。
# - `SequentialLR` 接起三个：预热、保持、线性降到 0。开始衰减之前的曲线与总步数无关（余弦不是这样），想多训练，从那里的检查点接着保持即可。
# - `OneCycleLR` 一个调度器包办升与降，默认起点是 `max_lr / 25`，优化器的 `lr` 不起作用。它默认还让动量反向变化，从 0.95 降到 0.85 再回升，SGD 建立时没有写动量也一样；不要它动，就写 `cycle_momentum=False`。
# - 最后一幅是同一个 `LambdaLR`，100 次更新分 5 轮，却每轮才调用一次 `step()`：学习率一直停在预热阶段。步数与调用要用同一个单位。
# %% [markdown] lang="en"
# ## Warmup, then decay { #warmup-decay }
#
# - `LambdaLR`: ten steps of warmup, then a cosine down to 0; the dashed line keeps a tenth as a floor.
# - `SequentialLR` joins three: warmup, hold, linear decay to 0. Up to the decay, the curve does not depend on the total (that of the cosine does), so a longer training can go on from a checkpoint made there.
# - `OneCycleLR` rises and falls in one. By default it starts at `max_lr / 25`, and the `lr` of the optimizer has no effect. It also moves the momentum the opposite way, from 0.95 down to 0.85 and back, even in an SGD made without momentum; `cycle_momentum=False` leaves it alone.
# - The last chart is the same `LambdaLR`, with 100 updates in 5 epochs but one `step()` per epoch: the learning rate never gets out of the warmup. Count the steps in the unit of the calls.
# %% zh="四幅小图：预热加余弦（虚线为带下限的）；预热、保持、线性下降的梯形；OneCycleLR 平滑地升后降；每轮才走一步的调度器只爬到 0.05，成一段阶梯。" en="Four small charts: warmup and cosine, dashed with a floor; a trapezoid of warmup, hold, and linear decay; OneCycleLR, a smooth rise and fall; a scheduler stepped once per epoch, which only climbs a staircase to 0.05."


def warmup_cosine(step, floor=0.0):
    if step < 10:
        return (step + 1) / 10
    done = min(1, (step - 10) / 90)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))


def three(optimizer):
    warmup = LinearLR(optimizer, start_factor=0.1, total_iters=10)
    hold = ConstantLR(optimizer, factor=1, total_iters=0)
    decay = LinearLR(optimizer, start_factor=1, end_factor=0, total_iters=30)
    return SequentialLR(optimizer, [warmup, hold, decay], milestones=[10, 70])


cosine = record(lambda o: LambdaLR(o, warmup_cosine))
floor = record(lambda o: LambdaLR(o, lambda t: warmup_cosine(t, floor=0.1)))
joined = record(three)
one_cycle = record(lambda o: OneCycleLR(o, max_lr=0.1, total_steps=100))
per_epoch = record(lambda o: LambdaLR(o, warmup_cosine), steps=5)

fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.2), sharex=True, sharey=True)
axes[0, 0].plot(floor, color="C0", linestyle="--", linewidth=1.2)
axes[0, 0].plot(cosine, color="C0")
axes[0, 0].set_title("LambdaLR", loc="left", color="C0")
axes[0, 1].plot(joined, color="C2")
axes[0, 1].set_title("SequentialLR", loc="left", color="C2")
axes[1, 0].plot(one_cycle, color="C3")
axes[1, 0].set_title("OneCycleLR", loc="left", color="C3")
axes[1, 1].plot(cosine, color="0.5", alpha=0.6, linewidth=1)
axes[0, 0].text(99, 0.038, "floor=0.1", color="C0", ha="right")
axes[1, 1].text(40, 0.083, "每批走一步 | once per batch", color="0.5")
axes[1, 1].stairs(per_epoch, range(0, 101, 20), color="C1", baseline=None, lw=2.4)
axes[1, 1].set_title("每轮才走一步 | stepped once per epoch", loc="left", color="C1")
scales(axes)
plt.show()
# %% [markdown] lang="zh"
# ## 重启与循环 { #restarts }
#
# `CosineAnnealingLR` 走过 `T_max` 并不停，也不跳回，而是沿原路升上去：`T_max` 填小了，训练就可能停在最高处。要跳回，用 `CosineAnnealingWarmRestarts`；`T_mult=2` 时一个周期比一个周期长一倍。`CyclicLR` 升降都是直线，起点是 `base_lr`，优化器的 `lr` 不起作用；`mode="triangular2"` 每个周期把幅度减半。
#
# 带重启的训练要在低处（圆点）存检查点：刚跳回高学习率，损失往往会变大。
# %% [markdown] lang="en"
# ## Restarts and cycles { #restarts }
#
# `CosineAnnealingLR` neither stops at `T_max` nor jumps back. It climbs up again the way it came: with a `T_max` too small, training may end at the top. To jump back, use `CosineAnnealingWarmRestarts`; with `T_mult=2`, each period is twice as long as the one before. `CyclicLR` goes up and down in straight lines, starting from `base_lr` whatever the `lr` of the optimizer; `mode="triangular2"` halves the height in each cycle.
#
# With restarts, save checkpoints at the low points (dots): right after the jump to a high learning rate, the loss often grows.
# %% zh="四幅小图：CosineAnnealingLR 过了 T_max 平滑回升，成波浪；CosineAnnealingWarmRestarts 每 20 步跳回 0.1；T_mult=2 时周期依次加倍；CyclicLR 是三角波。重启前的最低点有圆点。" en="Four small charts: CosineAnnealingLR rises smoothly past T_max, a wave; CosineAnnealingWarmRestarts jumps back to 0.1 every 20 steps; with T_mult=2, the periods double; CyclicLR is a triangle wave. Dots mark the low points before a restart."
periodic = [
    (CosineAnnealingLR, dict(T_max=20), []),
    (CyclicLR, dict(base_lr=0.01, max_lr=0.1, step_size_up=10), []),
    (CosineAnnealingWarmRestarts, dict(T_0=20), [19, 39, 59, 79, 99]),
    (CosineAnnealingWarmRestarts, dict(T_0=15, T_mult=2), [14, 44]),
]

fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.6), sharex=True, sharey=True)
for ax, color, (kind, kw, low) in zip(axes.flat, ("C1", "C2", "C0", "C0"), periodic):
    rates = record(lambda o: kind(o, **kw))
    ax.plot(rates, color=color)
    ax.plot(low, [rates[step] for step in low], "o", color=color)
    arguments = ", ".join(f"{name}={value}" for name, value in kw.items())
    ax.set_title(f"{kind.__name__}\n{arguments}", loc="left", color=color)
scales(axes)
plt.show()
# %% [markdown] lang="zh"
# ## 同时用两个 { #chaining }
#
# 左：`ChainedScheduler` 中的 `ExponentialLR` 和 `StepLR` 都在当前值上乘系数，合起来就是两者之积。对数轴上乘法变成加法：绿线低于 0.1 的距离，是另外两条之和。
#
# 右：想让重启一次比一次低，给 `CosineAnnealingWarmRestarts` 配上 `ExponentialLR`，得到的却是原封不动的重启（橙线）。前者每一步都由初始值算起，先走的 `ExponentialLR` 白走了；把次序反过来，也只乘上一次 0.97。要衰减的重启，就用 `LambdaLR` 写出整个公式（蓝线）。
# %% [markdown] lang="en"
# ## Two at once { #chaining }
#
# Left: in a `ChainedScheduler`, `ExponentialLR` and `StepLR` both multiply the current value, so together they give the product. On a log scale, products are sums: the green line lies as far below 0.1 as the other two together.
#
# Right: to make each restart lower than the last, pair `CosineAnnealingWarmRestarts` with `ExponentialLR`, and get plain restarts (orange). The former computes from the initial value at each step, so what `ExponentialLR` did before it is lost; in the opposite order, the rate is merely multiplied by 0.97 once. For restarts that decay, write the whole formula in a `LambdaLR` (blue).
# %% zh="左图（对数轴）：ExponentialLR 的直线、StepLR 的阶梯和两者之积。右图：链接出来的重启每次都回到 0.1，用 LambdaLR 写的一次比一次低。" en="Left, on a log scale: the straight line of ExponentialLR, the staircase of StepLR, and their product. Right: the chained restarts return to 0.1 each time, those written in a LambdaLR get lower and lower."


def product(optimizer):
    slow = ExponentialLR(optimizer, gamma=0.97)
    steep = StepLR(optimizer, step_size=30, gamma=0.3)
    return ChainedScheduler([slow, steep])


def lost(optimizer):
    slow = ExponentialLR(optimizer, gamma=0.97)
    restart = CosineAnnealingWarmRestarts(optimizer, T_0=20)
    return ChainedScheduler([slow, restart])


def decaying_restarts(step):
    return 0.97**step * 0.5 * (1 + math.cos(math.pi * (step % 20) / 20))


fig, (left, right) = plt.subplots(1, 2)
left.semilogy(curves[ExponentialLR], color="C0", linewidth=1.2)
left.semilogy(curves[StepLR], color="C1", linewidth=1.2)
left.semilogy(record(product), color="C2", linewidth=2.4)
left.text(2, 1.5e-4, "ExponentialLR", color="C0")
left.text(2, 3e-4, "StepLR", color="C1")
left.text(2, 6e-4, "积 | product", color="C2")
right.plot(record(lost), color="C1", linewidth=1.2)
right.set_title("ChainedScheduler", loc="left", color="C1")
right.set_title("LambdaLR", loc="right", color="C0")
right.plot(record(lambda o: LambdaLR(o, decaying_restarts)), color="C0")
for ax in (left, right):
    ax.set(xlim=(0, 100), xticks=[0, 50, 100])
    ax.set_xlabel("步数 | step")
left.set_ylabel("学习率 | learning rate")
right.set(ylim=(-0.004, 0.105), yticks=[0, 0.05, 0.1])
plt.show()
# %% [markdown] lang="zh"
# ## 看指标再降 { #plateau }
#
# 前面的曲线在训练之前就定好了，`ReduceLROnPlateau` 则看指标：这里真的训练一个线性模型，每批 8 个样本。学习率不变时，损失降到一定程度就停住，只剩抖动：批次小，梯度带噪声，学习率越大，停得越高。学习率一降，损失就落到新的一级。
#
# 实心点是新低，空心点是没有变好的轮。`patience=5` 容忍五个，第六个才降；只要出现新低，就重新数（默认要低出万分之一才算，见 `threshold`）。抖动大的指标偶尔也会碰上新低，因此降得比看上去该降的时候晚；`patience` 太小，又会把抖动当成停滞。
# %% [markdown] lang="en"
# ## Watching a metric { #plateau }
#
# The curves so far are fixed before training starts. `ReduceLROnPlateau` watches a metric: here a linear model is really trained, with 8 samples a batch. With a constant learning rate, its loss falls to some level and then only jitters: small batches make the gradient noisy, and the larger the learning rate, the higher that level. When the rate drops, the loss falls to the next one.
#
# Filled dots are new lows, hollow ones epochs without improvement. `patience=5` tolerates five of them and reduces at the sixth; each new low starts the count anew (by default it has to be lower by a ten-thousandth, see `threshold`). A metric that jitters also hits a new low by luck, so the rate falls later than it seems it should; too small a `patience`, in turn, takes jitter for a plateau.
# %% zh="上下两幅图共用横轴。上：验证损失逐级下降，实心点是新低，空心点是没有变好的轮。下：学习率在每一级的末尾降为三分之一左右，竖虚线对齐两图。" en="Two charts, one above the other, on one axis. Above, the validation loss falls level by level, with filled dots for new lows and hollow ones for epochs without improvement. Below, the learning rate drops to about a third at the end of each level; dashed lines join the two."
torch.manual_seed(0)
model = nn.Linear(32, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
scheduler = ReduceLROnPlateau(optimizer, factor=0.3, patience=5)


def sample(n):
    x = torch.randn(n, 32)
    return x, x.sum(dim=1, keepdim=True) + torch.randn(n, 1)


val_x, val_y = sample(2000)
losses, rates, lows = [], [], []
for epoch in range(48):
    for _ in range(50):
        x, y = sample(8)
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    with torch.inference_mode():
        losses.append(nn.functional.mse_loss(model(val_x), val_y).item())
    rates.append(optimizer.param_groups[0]["lr"])
    scheduler.step(losses[-1])
    lows.append(scheduler.best == losses[-1])

ends = torch.arange(1, 49)  # 验证在一轮的末尾 | validation ends an epoch
losses, rates, lows = torch.tensor(losses), torch.tensor(rates), torch.tensor(lows)
changes = ends[:-1][rates.diff() != 0]

fig, (top, bottom) = plt.subplots(
    2, figsize=(7.2, 4.2), sharex=True, height_ratios=[3, 2]
)
top.plot(ends, losses, color="C0", linewidth=0.8)
top.plot(ends[lows], losses[lows], "o", color="C0", markersize=5)
top.plot(ends[~lows], losses[~lows], "o", color="C0", markersize=5, fillstyle="none")
top.set_ylabel("验证损失 | validation loss")
bottom.stairs(rates, range(49), color="C1", linewidth=2.4, baseline=None)
bottom.set(xlabel="轮 | epoch", yscale="log")
bottom.set_ylabel("学习率 | learning rate")
bottom.set_yticks(rates.unique(), [f"{rate:.2g}" for rate in rates.unique()])
bottom.minorticks_off()
for ax in (top, bottom):
    for change in changes:
        ax.axvline(change, color="0.5", linewidth=0.8, linestyle="--")
plt.show()
# %% [markdown] lang="zh"
# 用法见：[学习率调度](../training/optimizers.md#lr-schedules)、[预热加余弦退火](../training/optimizers.md#warmup-cosine)、[组合调度器](../training/optimizers.md#chained-schedulers)、[当前学习率](../training/optimizers.md#current-lr)。
# %% [markdown] lang="en"
# How to write them: [Learning-rate schedules](../training/optimizers.md#lr-schedules), [Warmup with cosine decay](../training/optimizers.md#warmup-cosine), [Combining schedulers](../training/optimizers.md#chained-schedulers), [Current learning rate](../training/optimizers.md#current-lr).
