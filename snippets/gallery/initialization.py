# %% [markdown] lang="zh"
# # 初始化 { #initialization }
#
# 训练开始之前，权重的大小已经决定信号能走多远。下面让一批随机输入穿过 30 个宽度为 256 的全连接层，每层之后是激活函数，各用一种初始化；量每一层输出的大小，再从最后一层反向传播，量每一层输出收到的梯度。
# %% [markdown] lang="en"
# # Initialization { #initialization }
#
# Before training starts, the scale of the weights already decides how far a signal travels. Below, a batch of random inputs passes through 30 linear layers of width 256, each followed by an activation, once under each initialization. The figures show how large the output of each layer is and, after a backward pass from the last one, how large the gradient is that reaches it.
# %%
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import init

torch.set_num_threads(1)  # 这么小的层，一个线程就够 | enough for layers this small
WIDTH, DEPTH = 256, 30
COLORS = ["C0", "C1", "C2", "C3", "C4", "C6"]
numbers = range(1, DEPTH + 1)


def rms(x):  # 均方根 | root mean square
    return x.double().square().mean().sqrt().item()


def make_layers(init_weight=None):
    torch.manual_seed(0)
    layers = [nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH)]
    if init_weight:  # 否则用 nn.Linear 的默认值 | else the defaults of nn.Linear
        for layer in layers:
            init_weight(layer.weight)
            init.zeros_(layer.bias)
    return layers


def signals(layers, step):
    x = torch.randn(512, WIDTH, generator=torch.Generator().manual_seed(1))
    outputs = []
    for layer in layers:
        x = step(layer, x)
        x.retain_grad()
        outputs.append(x)
    x.backward(torch.randn(x.shape, generator=torch.Generator().manual_seed(2)))
    return outputs


# 每一层的输出（左）和收到的梯度（右） | the outputs of each layer, and the gradients there
def compare(inits, step):
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 4.2), sharey=True)
    for color, (name, init_weight) in zip(COLORS, inits.items()):
        outputs = signals(make_layers(init_weight), step)
        grads = [rms(x.grad) for x in outputs]
        style = {"color": color, "ls": "--" if name == "orthogonal" else "-"}
        axes[0].plot(numbers, [rms(x) for x in outputs], **style)
        axes[1].plot(numbers, grads, **style)
        va = {"kaiming": "bottom", "xavier": "bottom", "orthogonal": "top"}.get(name, "center")
        place = {"ha": "right", "va": va, "transform": axes[1].get_yaxis_transform()}
        axes[1].text(-0.03, grads[0], name, color=color, **place)
    axes[0].set_yscale("log")
    axes[1].tick_params(axis="y", which="both", length=0)
    axes[0].set_title("输出（均方根） | outputs (RMS)")
    axes[1].set_title("梯度（均方根） | gradients (RMS)")
    for ax in axes:
        ax.set(xlabel="层 | layer", xticks=[1, 10, 20, 30])


# %% [markdown] lang="zh"
# ## 30 层 ReLU { #relu }
#
# 偏置为 0 时，每一层把信号乘上一个差不多固定的倍数，30 层就是这个倍数的 30 次方，所以在对数轴上都近似直线。标准差 0.15 还不到 Kaiming 的两倍，输出就涨到百万倍以上；0.02 则缩到 10⁻¹⁹ 以下。Xavier（默认 `gain=1`）没有算上 ReLU 丢掉的一半，每层约缩到 0.7 倍。让输出与梯度都大致保持不变的，是 Kaiming（标准差 √(2 / 256)）和 `gain` 为 √2 的正交初始化。`nn.Linear` 的默认值让梯度一路消失，输出却停在一个水平上，原因见后面一节。
#
# 梯度从右往左看：各层同宽、偏置为 0 时，反向传播的倍数与前向相近，离输出越远，偏得越多。实践上：ReLU 网络用 `kaiming_normal_(w, nonlinearity="relu")`，激活函数换了，`nonlinearity` 或 `gain` 也要换。
# %% [markdown] lang="en"
# ## 30 layers of ReLU { #relu }
#
# With biases of 0, each layer multiplies the signal by a roughly fixed factor, and 30 layers by its 30th power, hence the nearly straight lines on a logarithmic axis. The standard deviation 0.15 is less than twice that of Kaiming, and the output grows more than a million times; with 0.02 it shrinks below 10⁻¹⁹. Xavier (with its default `gain=1`) does not account for the half that ReLU drops, and shrinks the signal to about 0.7 per layer. What keeps both outputs and gradients roughly as they were is Kaiming, with a standard deviation of √(2 / 256), and orthogonal initialization with a `gain` of √2. Under the defaults of `nn.Linear`, the gradients vanish and yet the outputs settle at a level; a section below says why.
#
# Read the gradients from right to left: with layers of one width and biases of 0, the factor is about the same backward as forward, and the farther from the output, the further they are off. In practice, use `kaiming_normal_(w, nonlinearity="relu")` for networks of ReLU; with another activation, `nonlinearity` or `gain` has to change as well.
# %% zh="左右两幅折线图，纵轴为对数。左：输出的均方根随层数，标准差 0.15 时涨到百万倍以上，Kaiming 与正交保持水平，Xavier 缓慢下降，0.02 直线下坠，默认值降到 0.03 左右就停住。右：梯度的均方根，越靠近输入偏得越多；默认值的梯度降到 10⁻¹¹ 左右。" en="Two line charts with logarithmic axes. Left, the RMS of the outputs by layer: with standard deviation 0.15 it grows more than a million times, Kaiming and orthogonal stay level, Xavier declines slowly, 0.02 plunges, and the defaults settle near 0.03. Right, the RMS of the gradients: the closer to the input, the further they are off; those of the defaults fall to about 1e-11."
def plain(layer, x):
    return layer(x).relu()


root2 = init.calculate_gain("relu")
compare(
    {
        "normal 0.02": lambda w: init.normal_(w, std=0.02),
        "normal 0.15": lambda w: init.normal_(w, std=0.15),
        "kaiming": lambda w: init.kaiming_normal_(w, nonlinearity="relu"),
        "xavier": init.xavier_normal_,
        "orthogonal": lambda w: init.orthogonal_(w, gain=root2),
        "default": None,
    },
    plain,
)
plt.show()
# %% [markdown] lang="zh"
# ## 30 层 tanh { #tanh }
#
# tanh 的输出不超过 1，权重偏大时看不出差别：标准差 0.15 的输出停在 0.8 附近，看上去正常，其实许多单元已经饱和，第一层收到的梯度却是最后一层的几百倍。看梯度才分得出来：`gain` 取 `calculate_gain("tanh")`（5/3）的 Xavier 使输出保持在 0.65 左右，梯度涨到约 14 倍；`gain=1` 的 Xavier 和正交，输出缓慢减小，梯度缩到约四分之一；标准差 0.02 与默认值，梯度都消失了。
#
# 没有激活函数和偏置时，正交的方阵（`gain=1`）不改变任何输入的长度；有了激活函数，它与同样 `gain` 的 Xavier 在这里几乎重合。要判断初始化是否合适，输出和梯度都要看。
# %% [markdown] lang="en"
# ## 30 layers of tanh { #tanh }
#
# The outputs of tanh do not exceed 1, so weights that are too large do not show there: with a standard deviation of 0.15, the outputs stay near 0.8 and look healthy, but many units are saturated, and the gradient at the first layer is several hundred times that at the last. The gradients tell. Xavier with a `gain` of `calculate_gain("tanh")`, 5/3, keeps the outputs near 0.65, and its gradients grow about 14 times. With `gain=1`, Xavier and orthogonal let the outputs fall slowly and the gradients shrink to about a quarter. With a standard deviation of 0.02, and with the defaults, the gradients vanish.
#
# Without activation and bias, a square orthogonal matrix (`gain=1`) keeps the length of every input; with an activation, it all but coincides here with Xavier of the same `gain`. To judge an initialization, look at outputs and gradients both.
# %% zh="左右两幅折线图，纵轴为对数。左：除标准差 0.02 外，输出都在 0.04 到 1 之间。右：梯度相差很大，标准差 0.15 时往输入方向涨到几百倍，gain=5/3 的 Xavier 涨到约 14 倍，gain=1 的 Xavier 与正交略降，默认值降到 10⁻⁷，0.02 降到 10⁻¹⁴ 以下。" en="Two line charts with logarithmic axes. Left: apart from standard deviation 0.02, the outputs lie between 0.04 and 1. Right: the gradients differ widely. Towards the input, they grow several hundred times with standard deviation 0.15, about 14 times with Xavier and gain 5/3; they fall a little with Xavier and orthogonal of gain 1, to 1e-7 with the defaults, and below 1e-14 with 0.02."
def tanh(layer, x):
    return layer(x).tanh()


gain = init.calculate_gain("tanh")
compare(
    {
        "normal 0.02": lambda w: init.normal_(w, std=0.02),
        "normal 0.15": lambda w: init.normal_(w, std=0.15),
        "xavier, gain=5/3": lambda w: init.xavier_normal_(w, gain=gain),
        "xavier": init.xavier_normal_,
        "orthogonal": init.orthogonal_,
        "default": None,
    },
    tanh,
)
plt.show()
# %% [markdown] lang="zh"
# ## nn.Linear 的默认值 { #default }
#
# `nn.Linear` 的默认权重比 Kaiming 小：均匀分布，标准差 1 / √(3 × 256)，配 ReLU 每层约缩到 0.4 倍。输出却没有消失，因为偏置也是随机的，撑住了一个底。可是每个样本得到的是同一个底：样本之间的差异（每个单元在这一批里的标准差，再取均方根）一路消失；大约从第 23 层起，剩下的只是 float32 的舍入误差，不同的输入得到同样的输出。只看输出的大小，看不出这一点；检查深层网络时，要看不同输入的输出差多少。
# %% [markdown] lang="en"
# ## The defaults of nn.Linear { #default }
#
# The default weights of `nn.Linear` are smaller than Kaiming's: uniform, with a standard deviation of 1 / √(3 × 256), which with ReLU shrinks the signal to about 0.4 per layer. Yet the outputs do not vanish, as the biases are random too and hold up a floor. But it is the same floor for every sample: what differs between samples (the standard deviation of each unit over the batch, RMS over the units) vanishes. From about layer 23 on, only the rounding of float32 is left of it: different inputs get the same output. The size of the outputs does not show it. To check a deep network, look at how much the outputs of different inputs differ.
# %% zh="折线图，纵轴为对数：nn.Linear 默认初始化下，输出的均方根几层之后停在一个水平上，样本之间的差异则直线下降，到第 23 层左右只剩 10⁻⁹ 上下的舍入误差。" en="Line chart with a logarithmic axis: under the defaults of nn.Linear, the RMS of the outputs settles at a level after a few layers, while the difference between samples falls in a straight line until, at about layer 23, rounding errors around 10⁻⁹ are left."
outputs = signals(make_layers(), plain)
fig, ax = plt.subplots()
ax.plot(numbers, [rms(x) for x in outputs], color="C0")
ax.plot(numbers, [rms(x.double().std(dim=0)) for x in outputs], color="C1")
ax.text(30, 0.2, "输出的大小 | size of outputs", color="C0", ha="right")
ax.text(12, 1e-4, "样本之间的差异 | difference between samples", color="C1")
ax.set(yscale="log", yticks=[1e-8, 1e-4, 1], ylim=(1e-10, 5))
ax.set_xticks([1, 10, 20, 30])
ax.set_xlabel("层 | layer")
ax.set_ylabel("均方根 | RMS")
plt.show()
# %% [markdown] lang="zh"
# ## 归一化与残差连接 { #remedies }
#
# 同样是 `nn.Linear` 的默认值，在每个全连接层之后加 `LayerNorm`，或者用残差连接（分支以 `LayerNorm` 开头，输出与输入相加），梯度就能到达第一层，与最后一层相差不到 3 倍。许多 Transformer 用 0.02 这样的小标准差也能训练，这是一个原因：信号的大小由归一化与残差连接维持，不全靠初始化。没有这两样的深层网络，初始化就要按激活函数来选。
# %% [markdown] lang="en"
# ## Normalization and residual connections { #remedies }
#
# With the same defaults of `nn.Linear`, a `LayerNorm` after each linear layer, or residual connections (the input added to the output of a branch that starts with `LayerNorm`), let the gradients reach the first layer, within a factor of three of those at the last. It is one reason why many transformers train with a standard deviation as small as 0.02: normalization and residual connections keep the signal at its size, so initialization need not do it alone. A deep network without them needs an initialization that fits its activation.
# %% zh="折线图，纵轴为对数：只有全连接层与 ReLU 时，梯度往输入方向一路消失；加了 LayerNorm 或残差连接，各层的梯度都在 1 上下，相差不到 10 倍。" en="Line chart with a logarithmic axis: with linear layers and ReLU alone, gradients vanish towards the input; with LayerNorm or with residual connections, the gradients of all layers stay around 1, within a factor of ten."
def normed(layer, x):
    return nn.functional.layer_norm(layer(x), [WIDTH]).relu()


def residual(layer, x):
    return x + layer(nn.functional.layer_norm(x, [WIDTH])).relu()


fig, ax = plt.subplots()
for step, color in ((plain, "C1"), (normed, "C0"), (residual, "C2")):
    outputs = signals(make_layers(), step)
    grads = [rms(x.grad) for x in outputs]
    print(f"{step.__name__}: {grads[0]:.1e}")
    ax.plot(numbers, grads, color=color)
ax.text(12, 1e-9, "只有 ReLU | ReLU alone", color="C1")
ax.text(2, 1e-2, "LayerNorm", color="C0")
ax.text(2, 30, "残差连接 | residual connections", color="C2")
ax.set(yscale="log", yticks=[1e-12, 1e-8, 1e-4, 1], ylim=(1e-13, 1e3))
ax.set_xticks([1, 10, 20, 30])
ax.set_xlabel("层 | layer")
ax.set_ylabel("梯度（均方根） | gradient (RMS)")
plt.show()
# %% [markdown] lang="zh"
# 相关条目：[权重初始化](../models/weights.md#weight-init) · [查找 NaN](../debugging/errors.md#nan-hunting) · [梯度裁剪](../training/loop.md#gradient-clipping)
# %% [markdown] lang="en"
# Entries: [Weight initialization](../models/weights.md#weight-init) · [Hunting NaN](../debugging/errors.md#nan-hunting) · [Gradient clipping](../training/loop.md#gradient-clipping)
