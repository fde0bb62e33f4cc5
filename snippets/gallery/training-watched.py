# %% [markdown] lang="zh"
# # 看懂训练曲线 { #training-watched }
#
# 一个小模型在两类带噪声的点上训练，每一步的损失和梯度范数写进 TensorBoard 的事件文件，再从文件里读出来画图。训练时看到的是曲线，要判断的是：过拟合了没有，曲线之间的差从哪里来，裁剪起了什么作用，学习率合不合适。
# %% [markdown] lang="en"
# # Reading training curves { #training-watched }
#
# A small model is trained on two classes of noisy points. The loss and the gradient norm of every step go into TensorBoard's event file, and the figures are drawn from what is read back. Curves are what you see of a training. What you want to know is whether it overfits, where the distance between two curves comes from, what clipping did, and whether the learning rate fits.
# %%
import tempfile

import matplotlib.pyplot as plt
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.tensorboard import SummaryWriter

torch.set_num_threads(1)  # 这么小的模型，一个线程就够 | enough for so small a model
runs = tempfile.mkdtemp()  # 项目里写 "runs" | in a project: "runs"


def moons(n, seed):
    random = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    angle = torch.pi * torch.rand(n, generator=random)
    sign = 1 - 2 * y
    x = torch.stack([sign * angle.cos() + y, sign * angle.sin() + y / 2], dim=1)
    return x + 0.3 * torch.randn(n, 2, generator=random), y


x, y = moons(128, seed=1)
val_x, val_y = moons(1000, seed=2)
loss_fn = nn.CrossEntropyLoss()


def train(run, make_optimizer, epochs, max_norm=float("inf"), broken=None):
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Linear(2, 256), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(256, 2),
    )
    optimizer = make_optimizer(model.parameters())
    step = 0
    with SummaryWriter(f"{runs}/{run}") as writer:
        for _ in range(epochs):
            model.train()
            for batch in torch.randperm(len(x)).split(32):
                scale = 100 if step == broken else 1
                loss = loss_fn(model(scale * x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                norm = clip_grad_norm_(model.parameters(), max_norm)
                optimizer.step()
                writer.add_scalar("loss/train", loss, step)
                writer.add_scalar("norm", norm, step)  # 裁剪前 | before clipping
                step += 1
            model.eval()
            with torch.inference_mode():
                loss = loss_fn(model(x), y)
                val_loss = loss_fn(model(val_x), val_y)
            writer.add_scalar("loss/train, eval()", loss, step)
            writer.add_scalar("loss/val", val_loss, step)


def read(run, tag):
    scalars = EventAccumulator(f"{runs}/{run}").Reload().Scalars(tag)
    steps, values = [e.step for e in scalars], [e.value for e in scalars]
    return torch.tensor(steps), torch.tensor(values)


train("adamw", lambda p: torch.optim.AdamW(p, lr=1e-3), epochs=150)
print(EventAccumulator(f"{runs}/adamw").Reload().Tags()["scalars"])
# %% [markdown] lang="zh"
# ## 过拟合 { #overfitting }
#
# 单步的训练损失抖得厉害：一步只看 32 个样本，还带着 dropout。取每个 epoch 的平均，趋势就出来了。重要的是两条线之间：训练损失一路下降，验证损失先降后升。转折点之后，模型在记住训练集，验证集上的损失反而变大。要保留的是转折点的权重：每个 epoch 验证一次，验证损失创新低就存一次检查点。
#
# 两条曲线用同一个步数记录（验证损失记在当时的 `step` 上），才能画在同一根横轴上。
# %% [markdown] lang="en"
# ## Overfitting { #overfitting }
#
# The training loss of single steps jitters: a step sees only 32 samples, and dropout on top. The mean of each epoch shows the trend. What counts is the pair of curves: the training loss keeps falling, while the validation loss falls, then rises. Past the turn, the model memorizes the training set, and its loss on the validation set grows. The weights worth keeping are those of the turn: validate once per epoch, and save a checkpoint whenever the validation loss is the lowest so far.
#
# Both curves are logged with the same step counter (the validation loss at the current `step`), so that they share an axis.
# %% zh="折线图：单步训练损失在大范围内抖动，它的 epoch 平均一路下降；验证损失先降后升，最低点之后标为过拟合。" en="Line chart: the training loss of single steps jitters widely, its mean over each epoch keeps falling. The validation loss falls, then rises; the part after its lowest point is marked as overfitting."
steps, losses = read("adamw", "loss/train")
epoch_steps, val_losses = read("adamw", "loss/val")
means = losses.view(-1, 4).mean(dim=1)
best = val_losses.argmin()

fig, ax = plt.subplots()
ax.plot(steps[::2], losses[::2], color="C0", alpha=0.4, linewidth=0.7)
ax.plot(epoch_steps, means, color="C0")
ax.plot(epoch_steps, val_losses, color="C1")
ax.axvspan(epoch_steps[best], 600, color="C1", alpha=0.08, linewidth=0)
ax.plot(epoch_steps[best], val_losses[best], "o", color="C1")
ax.text(604, means[-1], "训练 | training", color="C0", va="center")
ax.text(604, val_losses[-1], "验证 | validation", color="C1", va="center")
ax.text(590, 0.7, "过拟合 | overfitting", color="C1", ha="right", va="top")
ax.set(xlim=(0, 600), ylim=(0, 0.75), yticks=[0, 0.2, 0.4, 0.6])
ax.set_xlabel("步数 | step")
ax.set_ylabel("损失 | loss")
plt.show()
# %% [markdown] lang="zh"
# ## 两条曲线的差 { #gap }
#
# 验证损失比训练损失还低，不一定是出了错：平常记录的“训练损失”与验证损失不是用同样的方式量的。它在训练模式下算，dropout 开着；又是一个 epoch 里的平均，其中前几步的权重更差。把训练集在 epoch 结束时放到评估模式下再算一遍（虚线），差就分成两段：
#
# - 蓝色一段来自测量方式：样本相同，只差在模式和时刻。
# - 橙色斜线的一段才是泛化差距：同样的权重、同样的模式，只差在样本。它越来越大，说明过拟合在加重。
# %% [markdown] lang="en"
# ## The gap between two curves { #gap }
#
# A validation loss below the training loss need not be a mistake: the usual “training loss” is not measured in the same way. It is computed in training mode, with dropout on, and it is a mean over the epoch, whose first steps had worse weights. Computing the loss of the training set once more, in evaluation mode at the end of the epoch (the dashed curve), splits the distance in two:
#
# - The blue part comes from the way of measuring: the same samples, another mode, another moment.
# - The part hatched in orange is the generalization gap: the same weights and the same mode, other samples. It widens as overfitting goes on.
# %% zh="两幅折线图。左：前 6 个 epoch，训练时记录的损失起初高于验证损失，后来低于它；评估模式下的训练损失始终最低。右：全部 150 个 epoch，验证损失与评估模式下的训练损失之间的泛化差距越来越大。" en="Two line charts. Left, the first 6 epochs: the loss logged while training is above the validation loss at first, later below it; the training loss in evaluation mode is the lowest all along. Right, all 150 epochs: the generalization gap between validation loss and training loss in evaluation mode widens."
_, eval_losses = read("adamw", "loss/train, eval()")
epochs = epoch_steps / 4

fig, axes = plt.subplots(1, 2, sharey=True)
for ax, last in zip(axes, (6, 150)):
    every = slice(0, last, 1 + last // 75)
    e, train_loss = epochs[every], means[every]
    eval_loss, val_loss = eval_losses[every], val_losses[every]
    ax.fill_between(e, eval_loss, train_loss, color="C0", alpha=0.2, linewidth=0)
    ax.fill_between(e, eval_loss, val_loss, fc="none", ec="C1", hatch="///", lw=0)
    ax.plot(e, train_loss, color="C0")
    ax.plot(e, eval_loss, color="C0", linestyle="--")
    ax.plot(e, val_loss, color="C1")
    ax.set(xlim=(1, last), ylim=(0.05, 0.75), xlabel="epoch")
axes[0].text(1.3, 0.64, "训练 | training", color="C0")
axes[0].text(4, 0.43, "验证 | validation", color="C1")
axes[0].text(1.2, 0.28, "训练集，eval() | training set, eval()", color="C0")
axes[1].annotate(
    "泛化差距 | generalization gap",
    xy=(125, 0.28),
    xytext=(75, 0.56),
    arrowprops={"arrowstyle": "-", "color": "C1"},
    color="C1",
    ha="center",
)
axes[0].set_ylabel("损失 | loss")
plt.show()
# %% [markdown] lang="zh"
# ## 梯度范数与裁剪 { #clipping }
#
# 第 100 步的那一批忘了归一化，数值大了 100 倍。两次训练到这一步为止完全相同，这一批的损失和梯度范数也相同：范数平常在 1 上下，这一步约为 100。不同的是更新之后：不裁剪，这一步把权重推得很远，后面正常的批次损失也高，过了几十步才回落；裁剪到 `max_norm=5`，梯度在更新之前按比例缩小，方向不变，后面的损失看不出受过影响。
#
# 图里的范数是 `clip_grad_norm_` 的返回值，也就是裁剪之前的。`max_norm` 从这样的曲线上选：比正常训练时的范数略高，平常的步子不受影响，只拦住尖峰。裁剪只减轻一步的伤害，坏数据还是要找出来，尖峰正好指出它在哪一步。
# %% [markdown] lang="en"
# ## Gradient norm and clipping { #clipping }
#
# The batch of step 100 missed its normalization: its values are 100 times too large. Up to this step, both trainings are the same, and so are the loss and the gradient norm of this batch: the norm is around 1 as a rule, and about 100 here. They differ after the update. Without clipping, the step throws the weights far off, and the loss of the normal batches that follow is high too; it takes dozens of steps to come back. Clipped to `max_norm=5`, the gradient is scaled down before the update, in the same direction, and the losses that follow show no trace of it.
#
# The norm in the figure is what `clip_grad_norm_` returns, the one before clipping. Choose `max_norm` from such a curve: a little above the norms of a training that runs well, so that usual steps pass and spikes are cut. Clipping only limits the harm of one step. The bad data still has to be found, and the spike tells at which step to look.
# %% zh="两幅上下排列的折线图，纵轴为对数。第 100 步，两次训练的梯度范数和损失都出现尖峰；之后不裁剪的那次几十步里都偏高，裁剪的那次立刻恢复原状。" en="Two stacked line charts with logarithmic axes. At step 100, gradient norm and loss of both trainings spike. Afterwards, both stay high for dozens of steps in the training without clipping, and are back to normal at once in the clipped one."
def sgd(parameters, lr=0.1):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


train("free", sgd, epochs=50, broken=100)
train("clipped", sgd, epochs=50, broken=100, max_norm=5.0)

fig, axes = plt.subplots(2, figsize=(7.2, 4.6), sharex=True)
shown = slice(75, 190)
for ax, tag in zip(axes, ("norm", "loss/train")):
    for run, color in (("free", "C1"), ("clipped", "C0")):
        steps, values = read(run, tag)
        ax.plot(steps[shown], values[shown], color=color, linewidth=1.3)
    ax.set(yscale="log", xlim=(75, 190))
axes[0].axhline(5, color="0.5", linestyle=":", linewidth=1.2)
axes[0].text(77, 6, "max_norm", color="0.5")
axes[0].set_ylabel("梯度范数 | gradient norm")
axes[1].text(118, 9, "不裁剪 | not clipped", color="C1")
axes[1].text(118, 0.06, "裁剪 | clipped", color="C0")
axes[1].set_ylabel("损失 | loss")
axes[1].set_xlabel("步数 | step")
axes[0].set_ylim(0.1, 300)
axes[1].set_ylim(0.04, 60)
plt.show()
# %% [markdown] lang="zh"
# ## 学习率 { #learning-rate }
#
# 同一个模型、同样的批次，只换学习率（SGD，动量 0.9）。0.0003 太小：曲线平滑，到最后还在降。0.03 合适：很快降下来，然后放慢。0.5 太大：一开始上下跳动，后来停在更高处。1 发散：损失越过任何界限，最后是 NaN。换模型或优化器，合适的值也会变；找的时候每次乘以 3 或 10，纵轴用对数。
#
# 一次训练一个文件夹，TensorBoard 就把几条曲线叠在同一张图上，像这里一样。
# %% [markdown] lang="en"
# ## Learning rate { #learning-rate }
#
# The same model, the same batches, only the learning rate changes (SGD with momentum 0.9). 0.0003 is too small: a smooth curve, still falling at the end. 0.03 fits: the loss falls fast, then slows down. 0.5 is too large: it jumps about at first and stays higher later. 1 diverges: the loss passes all bounds and ends as NaN. Another model or optimizer needs another value. To find it, multiply by 3 or 10 each time, and use a logarithmic axis.
#
# With one folder per training, TensorBoard lays the curves over each other in one chart, as here.
# %% zh="折线图，纵轴为对数：学习率 0.0003 的损失缓慢下降，0.03 的很快降下来，0.5 的上下跳动，停在更高处，1 的冲出图外。" en="Line chart with a logarithmic axis: with learning rate 0.0003 the loss falls slowly, with 0.03 fast, with 0.5 it jumps about and stays higher, with 1 it leaves the chart."
fig, ax = plt.subplots()
for lr, color in ((0.0003, "C0"), (0.03, "C2"), (0.5, "C3"), (1.0, "C1")):
    train(f"lr={lr}", lambda p: sgd(p, lr), epochs=50)
    _, losses = read(f"lr={lr}", "loss/train")
    ax.plot(range(1, 51), losses.view(-1, 4).mean(dim=1), color=color)
ax.text(50.5, 0.55, "0.0003", color="C0", va="center")
ax.text(50.5, 0.27, "0.03", color="C2", va="center")
ax.text(50.5, 0.38, "0.5", color="C3", va="center")
ax.text(4.2, 2, "学习率 1.0 | learning rate 1.0", color="C1")
ax.set(xlim=(1, 50), yscale="log", ylim=(0.2, 3), xlabel="epoch")
ax.set_yticks([0.2, 0.5, 1, 2], labels=["0.2", "0.5", "1", "2"])
ax.set_yticks([], minor=True)
ax.set_ylabel("训练损失 | training loss")
plt.show()
# %% [markdown] lang="zh"
# 相关条目：[TensorBoard 可视化](../training/monitor.md#tensorboard-writer) · [训练模式与评估模式](../training/loop.md#train-eval) · [梯度裁剪](../training/loop.md#gradient-clipping) · [保存检查点与断点续训](../training/checkpoints.md#checkpoint) · [学习率调度](../training/optimizers.md#lr-schedules) · [查找 NaN](../debugging/errors.md#nan-hunting)
# %% [markdown] lang="en"
# Entries: [TensorBoard](../training/monitor.md#tensorboard-writer) · [train() and eval()](../training/loop.md#train-eval) · [Gradient clipping](../training/loop.md#gradient-clipping) · [Saving and resuming checkpoints](../training/checkpoints.md#checkpoint) · [Learning-rate schedules](../training/optimizers.md#lr-schedules) · [Hunting NaN](../debugging/errors.md#nan-hunting)
