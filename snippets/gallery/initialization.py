# %% [markdown] lang="zh"
# # 初始化：信号能走多深 { #initialization }
#
# 同一个 30 层的 MLP，只换权重的初始化，画出每一层激活值与梯度的标准差。还没有开始训练，只做一次前向和一次反向：如果信号在第 10 层已经消失，训练就无从谈起。
# %% [markdown] lang="en"
# # Initialization: how deep a signal gets { #initialization }
#
# One MLP of 30 layers; only the initialization of the weights differs. Shown is the standard deviation of activations and gradients in each layer, after one forward and one backward pass, before any training: where the signal is gone by layer 10, there is nothing to train on.
# %%
import matplotlib.pyplot as plt
import torch
from torch import nn

WIDTH, DEPTH = 256, 30


def spread(init, activation, seed=0):
    """Return the standard deviation of each layer's activations and of their gradients."""
    torch.manual_seed(seed)
    layers = [nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH)]
    for layer in layers:
        init(layer.weight)
        nn.init.zeros_(layer.bias)
    h = torch.randn(512, WIDTH)
    kept = []
    for layer in layers:
        h = activation(layer(h))
        h.retain_grad()
        kept.append(h)
    h.backward(torch.randn_like(h))
    return [x.std().item() for x in kept], [x.grad.std().item() for x in kept]


def draw(inits, activation):
    fig, axes = plt.subplots(1, 2, sharey=True)
    for (name, init), color in zip(inits.items(), ("C1", "C0", "C2", "C3")):
        for ax, values in zip(axes, spread(init, activation)):
            ax.semilogy(range(1, DEPTH + 1), values, color=color, label=name)
    axes[0].set(xlabel="层 | layer", ylabel="激活值的标准差 | std of activations", ylim=(1e-9, 1e9))
    axes[1].set(xlabel="层 | layer", ylabel="梯度的标准差 | std of gradients")
    axes[0].legend(loc="upper left", fontsize=9)


relu, tanh = torch.relu, torch.tanh
# %% [markdown] lang="zh"
# ## ReLU：Kaiming { #relu }
#
# 每层把方差乘上一个因子，30 层就是它的 30 次方。标准差 0.01 的正态分布对这个宽度太小，激活值逐层缩小；0.2 太大，逐层放大。ReLU 砍掉一半信号，`kaiming_normal_(nonlinearity="relu")` 用 √2 的增益补回来，几乎是平的；`xavier_normal_` 没有这个增益，30 层之后只剩约 2⁻¹⁵。梯度走相反的方向，是同一回事。见[权重初始化](../models/weights.md#weight-init)。
# %% [markdown] lang="en"
# ## ReLU: Kaiming { #relu }
#
# Each layer multiplies the variance by a factor, and 30 layers by its 30th power. A normal distribution with standard deviation 0.01 is too small for this width, and activations shrink layer by layer; 0.2 is too large, and they grow. ReLU cuts half of the signal away. `kaiming_normal_(nonlinearity="relu")` makes up for it with a gain of √2 and stays nearly flat; `xavier_normal_` has no such gain, and about 2⁻¹⁵ is left after 30 layers. Gradients travel the other way, by the same rule. See [Initializing weights](../models/weights.md#weight-init).
# %% zh="两幅对数坐标的图。激活值：标准差 0.01 的初始化从 0.1 直线降到 1e-9 以下，0.2 直线升出图外，Xavier 降到约 1e-5，Kaiming 接近 1。梯度从最后一层往回看，也是同样的斜率。" en="Two charts on a log scale. Activations: init with std 0.01 falls in a straight line below 1e-9, std 0.2 rises out of the picture, Xavier falls to about 1e-5, Kaiming stays near 1. Gradients, read back from the last layer, have the same slopes."
draw(
    {
        "normal_(std=0.01)": lambda w: nn.init.normal_(w, std=0.01),
        "normal_(std=0.2)": lambda w: nn.init.normal_(w, std=0.2),
        "xavier_normal_": nn.init.xavier_normal_,
        "kaiming_normal_": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    },
    relu,
)
plt.show()
# %% [markdown] lang="zh"
# ## tanh：Xavier { #tanh }
#
# tanh 在 0 附近近似恒等，把大的值压到 ±1：标准差太大时激活值看起来正常，其实都饱和了，看梯度才知道。`xavier_normal_` 缓慢变小；乘上增益 `nn.init.calculate_gain("tanh")` 是 5/3，激活值保持住了，梯度则略微变大。
# %% [markdown] lang="en"
# ## tanh: Xavier { #tanh }
#
# Near 0, tanh is about the identity, and it presses large values to ±1. With too large a standard deviation the activations look healthy and are saturated; only the gradients show it. `xavier_normal_` shrinks slowly; with the gain `nn.init.calculate_gain("tanh")`, which is 5/3, activations hold, and gradients grow a little.
# %% zh="tanh 的两幅图。标准差 0.2 的激活值平稳在 1 下方，梯度却逐层偏离；0.01 的消失；两种 Xavier 都在 0.1 到 1 之间。" en="Two charts for tanh. With std 0.2, activations stay flat just below 1 while the gradients drift away; with 0.01 they vanish; both Xavier variants stay between 0.1 and 1."
gain = nn.init.calculate_gain("tanh")
draw(
    {
        "normal_(std=0.01)": lambda w: nn.init.normal_(w, std=0.01),
        "normal_(std=0.2)": lambda w: nn.init.normal_(w, std=0.2),
        "xavier_normal_": nn.init.xavier_normal_,
        "xavier_normal_(gain=5/3)": lambda w: nn.init.xavier_normal_(w, gain=gain),
    },
    tanh,
)
plt.show()
# %% [markdown] lang="zh"
# ## 默认值与残差 { #default }
#
# `nn.Linear` 的默认初始化是 `kaiming_uniform_(a=√5)`，权重的标准差约为 1/√(3·输入数)，比 ReLU 需要的小 √6 倍：很深的普通 MLP 用默认值，几层之后标准差就停在 0.02：剩下的来自偏置，与输入已经无关。加上残差连接 `h + f(h)`，信号有了直通的路，代价是逐层变大；归一化层每层重新定标，标准差不再依赖初始化。现在的网络大多有这两样，所以很少需要手工初始化。见[自定义层](../models/build.md#custom-layer)。
# %% [markdown] lang="en"
# ## The default, and residual connections { #default }
#
# The default of `nn.Linear` is `kaiming_uniform_(a=√5)`: weights with a standard deviation of about 1/√(3·inputs), smaller by √6 than ReLU needs. In a very deep plain MLP, the standard deviation stops at 0.02 after a few layers: what is left comes from the biases, and no more from the input. With a residual connection, `h + f(h)`, the signal has a way straight through, at the price of growing layer by layer. A normalization layer rescales at each layer, whatever the initialization. Most networks of today have both, which is why few need initialization by hand. See [Custom layers](../models/build.md#custom-layer).
# %% zh="对数坐标：默认初始化的激活值在 5 层内降到 0.02 后持平；加残差后逐层升到几百；加 LayerNorm 后停在 0.6 左右。" en="On a log scale: with the default, activations fall to 0.02 within 5 layers and stay there; with a residual they rise to hundreds; with LayerNorm they stay at about 0.6."
def forward(kind):
    torch.manual_seed(0)
    h, stds = torch.randn(512, WIDTH), []
    for _ in range(DEPTH):
        layer = nn.Linear(WIDTH, WIDTH)
        new = layer(h)
        if kind == "LayerNorm":
            new = nn.LayerNorm(WIDTH)(new)
        h = h + relu(new) if kind == "h + f(h)" else relu(new)
        stds.append(h.std().item())
    return stds


fig, ax = plt.subplots()
for kind, color in (("nn.Linear", "C1"), ("h + f(h)", "C0"), ("LayerNorm", "C2")):
    stds = forward(kind)
    ax.semilogy(range(1, DEPTH + 1), stds, color=color)
    ax.annotate(kind, (DEPTH, stds[-1]), (4, -4), textcoords="offset points", color=color)
ax.set(xlabel="层 | layer", ylabel="激活值的标准差 | std of activations", xlim=(0, 36))
plt.show()
# %% [markdown] lang="zh"
# 另见[查看参数与梯度](../models/inspect.md#inspect-parameters)和[NaN 从哪里来](../debugging/errors.md#nan-hunting)。
# %% [markdown] lang="en"
# See also [Inspecting parameters and gradients](../models/inspect.md#inspect-parameters) and [hunting NaN](../debugging/errors.md#nan-hunting).
