# %% [markdown] lang="zh"
# # 损失函数的形状 { #losses }
#
# 损失怎样随预测变化，决定了梯度怎样推动参数。每一节左边画损失，右边画它的梯度；横轴是正确类别的概率、误差或预测的概率。数值都由 PyTorch 的损失函数和 `backward()` 算出，focal loss 只在交叉熵上多写一行。
# %% [markdown] lang="en"
# # The shapes of losses { #losses }
#
# How a loss changes with the prediction decides how its gradient pushes the parameters. Each section has the loss on the left and its gradient on the right, over the probability of the right class, the error, or the predicted probability. All values come from PyTorch's losses and from `backward()`; focal loss is one more line on top of cross-entropy.
# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

STYLES = ["-", "--", "-.", ":"]


def curve(loss, x):
    """Return loss(x) and its gradient, for each element of x on its own."""
    x = x.clone().requires_grad_()
    y = loss(x)
    y.sum().backward()
    return y.detach(), x.grad


def panels(xlabel, gradient):
    fig, (left, right) = plt.subplots(1, 2)
    left.set(xlabel=xlabel, ylabel="损失 | loss")
    right.set(xlabel=xlabel, ylabel=gradient)
    right.axhline(0, color="0.5", lw=0.8)
    return left, right


z = torch.linspace(-6, 6, 81)  # 正确类别比另一类高出的 logit | the lead of the right class
p = z.sigmoid()
target = torch.zeros(len(z), dtype=torch.long)


def cross_entropy(z, **kw):
    logits = torch.stack([z, torch.zeros_like(z)], dim=1)
    return F.cross_entropy(logits, target, reduction="none", **kw)


# %% [markdown] lang="zh"
# ## 交叉熵：越错推得越用力 { #cross-entropy }
#
# 交叉熵是正确类别概率的负对数。概率趋近 0 时，损失没有上限，对正确类别 logit 的梯度却只趋近 −1；判对而且有把握时，损失和梯度都趋近 0。标签平滑（label smoothing）让最低点（圆点）落在概率小于 1 的地方，再自信反而受罚：梯度越过 0，往回推。见[交叉熵与 logits](../training/losses.md#cross-entropy-logits)和[标签平滑](../training/losses.md#label-smoothing)。
# %% [markdown] lang="en"
# ## Cross-entropy: the more wrong, the harder the push { #cross-entropy }
#
# Cross-entropy is the negative logarithm of the right class's probability. As that goes to 0, the loss has no bound, yet its gradient with respect to the logit of the right class goes to −1 and no further. Where the model is right and sure, both go to 0. Label smoothing puts the minimum (the dot) at a probability below 1, and more confidence is penalized: the gradient crosses 0 and pushes back. See [Cross-entropy](../training/losses.md#cross-entropy-logits) and [Label smoothing](../training/losses.md#label-smoothing).
# %% zh="左图：正确类别的概率从 1 降到 0，交叉熵随之升高；平滑 0.1 和 0.3 的曲线最低点在 0.95 和 0.85。右图：概率从 0 到 1，对 logit 的梯度从 −1 升到 0；平滑的两条越过 0。" en="Left: cross-entropy rises as the right class's probability falls from 1 to 0; with smoothing 0.1 and 0.3 the minimum is at 0.95 and 0.85. Right: from probability 0 to 1, the gradient with respect to the logit rises from −1 to 0; the smoothed ones cross 0."
left, right = panels(
    "正确类别的概率 | probability of the right class",
    "对 logit 的梯度 | gradient w.r.t. logit",
)
for number, smoothing in enumerate((0.0, 0.1, 0.3)):
    y, gradient = curve(lambda z: cross_entropy(z, label_smoothing=smoothing), z)
    style = {"color": f"C{number}", "ls": STYLES[number]}
    left.plot(p, y, "o", markevery=[int(y.argmin())], ms=5, label=smoothing, **style)
    right.plot(p, gradient, **style)
left.legend(title="label_smoothing")
plt.show()
# %% [markdown] lang="zh"
# ## focal loss：看轻容易的样本 { #focal }
#
# focal loss 给每个样本的交叉熵乘上 `(1 - p) ** gamma`：概率已经高的样本几乎不再贡献，大量容易的负样本就盖不住少数难的。难的样本推得反而比交叉熵更用力（`gamma=2` 时，概率约在 0.3 以下），因为 `p` 增大时系数也在减小。代价是标错的样本也算“难”，占的份额更大。
#
# 类别权重不同：它把一个类别的损失和梯度等比例缩放，难易样本一视同仁。取平均时 PyTorch 默认除以权重之和，所以起作用的是各类权重之比。见[类别不平衡](../training/losses.md#class-imbalance)。
# %% [markdown] lang="en"
# ## Focal loss: easy samples count less { #focal }
#
# Focal loss multiplies each sample's cross-entropy by `(1 - p) ** gamma`: samples whose probability is high already hardly contribute, so that a mass of easy negatives does not drown the few hard ones. Hard samples are even pushed harder than by cross-entropy (below a probability of about 0.3 for `gamma=2`), because the factor falls too as `p` grows. The price: a mislabeled sample is hard too, and weighs more.
#
# Class weights are another thing: they scale loss and gradient of a class by one factor, for easy and hard samples alike. PyTorch's mean divides by the sum of the weights, so what counts is the ratio between classes. See [Class imbalance](../training/losses.md#class-imbalance).
# %% zh="左图：概率为 0.5 时，gamma=2 的 focal loss 是交叉熵的四分之一，gamma=5 的已几乎贴着横轴；权重 0.5 的曲线处处是交叉熵的一半。右图：概率低时，focal loss 的梯度低于 −1，比交叉熵的更强；概率高时很快趋近 0。" en="Left: at a probability of 0.5, the focal loss with gamma=2 is a quarter of cross-entropy, the one with gamma=5 almost on the axis; the curve with weight 0.5 is half of cross-entropy everywhere. Right: at low probabilities, the gradients of focal loss go below −1, stronger than that of cross-entropy; at high ones they are near 0 soon."
def focal(z, gamma):
    loss = cross_entropy(z)
    return (1 - (-loss).exp()) ** gamma * loss  # exp(-loss) == p


weight = torch.tensor([0.5, 1.0])
losses = {
    "交叉熵 | cross-entropy": cross_entropy,
    "权重 0.5 | weight 0.5": lambda z: cross_entropy(z, weight=weight),
    "focal, gamma=2": lambda z: focal(z, gamma=2),
    "focal, gamma=5": lambda z: focal(z, gamma=5),
}
left, right = panels(
    "正确类别的概率 | probability of the right class",
    "对 logit 的梯度 | gradient w.r.t. logit",
)
for number, (name, loss) in enumerate(losses.items()):
    y, gradient = curve(loss, z)
    style = {"color": f"C{number}", "ls": STYLES[number]}
    left.plot(p, y, label=name, **style)
    right.plot(p, gradient, **style)
left.set_ylim(0, 4)
left.legend()
plt.show()
# %% [markdown] lang="zh"
# ## L1、L2 与 Huber：离群点有多大分量 { #regression }
#
# 平方误差的梯度与误差成正比，一个离群点就能左右整批。绝对误差的梯度除误差为 0 外都是 ±1，离群点不占优；但误差接近 0 时梯度也不变小，步长不减就会在最低点两边来回跳。Huber 在 `delta` 以内像平方误差（的一半），以外是直线，梯度停在 ±`delta`。`smooth_l1_loss` 取 `beta`，等于 `delta` 与它相同的 Huber 除以 `beta`（`beta` 大于 0）。见[选择损失函数](../training/losses.md#choosing-loss)。
# %% [markdown] lang="en"
# ## L1, L2, and Huber: how much an outlier weighs { #regression }
#
# The gradient of the squared error is proportional to the error, so one outlier can rule a batch. That of the absolute error is ±1 except at an error of 0: outliers gain nothing, but it does not shrink near 0 either, and steps that do not get smaller jump back and forth across the minimum. Huber is (half) the squared error within `delta` and a straight line beyond, where its gradient stays at ±`delta`. `smooth_l1_loss` with `beta` is Huber with the same `delta`, divided by `beta` (if that is above 0). See [Choosing a loss](../training/losses.md#choosing-loss).
# %% zh="左图：误差从 −4 到 4，平方误差是陡的抛物线，绝对误差是 V 形，Huber 在 1 以内弯、以外直。右图：梯度分别是斜线、±1 的台阶、两头截平的斜线。" en="Left: for errors from −4 to 4, the squared error is a steep parabola, the absolute error a V, and Huber bends within 1 and is straight beyond. Right: their gradients are a slope, a step of ±1, and a slope cut off at both ends."
error = torch.linspace(-4, 4, 161)
zero = torch.zeros_like(error)
losses = {
    "huber_loss": F.huber_loss,
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
}
left, right = panels("误差 | error", "对预测的梯度 | gradient w.r.t. prediction")
for number, (name, loss) in enumerate(losses.items()):
    y, gradient = curve(lambda e: loss(e, zero, reduction="none"), error)
    style = {"color": f"C{number}", "ls": STYLES[number]}
    left.plot(error, y, **style)
    right.plot(error, gradient, label=name, **style)
left.set(ylim=(0, 8))
right.set(ylim=(-5, 5))
right.legend(loc="upper left")
plt.show()
smooth = F.smooth_l1_loss(error, zero, beta=2)
print(torch.allclose(smooth, F.huber_loss(error, zero, delta=2) / 2))
# %% [markdown] lang="zh"
# ## pos_weight：移动最低点 { #pos-weight }
#
# 二分类的 `pos_weight` 只放大正样本的损失。正样本占十分之一时，对所有样本给出同一个预测，损失最小的是概率 0.1；`pos_weight=9` 使正负样本的分量相等，把它移到 0.5。输出因此不再是概率：要用概率就不加权，改调阈值。见[二分类与多标签](../training/losses.md#bce-with-logits)。
# %% [markdown] lang="en"
# ## pos_weight moves the minimum { #pos-weight }
#
# In binary classification, `pos_weight` scales the loss of positive samples alone. With one positive in ten, and one prediction for all samples, the loss is lowest at a probability of 0.1. `pos_weight=9` makes both classes weigh the same, and moves the minimum to 0.5. So the outputs are no probabilities any more: where you need those, leave the weight out and tune the threshold. See [Binary and multi-label](../training/losses.md#bce-with-logits).
# %% zh="横轴是对所有样本的同一个预测概率。左图：不加权的损失在 0.1 处最低，pos_weight=9 的在 0.5 处最低。右图：两条梯度线在这两处越过 0。" en="The horizontal axis is one predicted probability for all samples. Left: the loss without weight is lowest at 0.1, the one with pos_weight=9 at 0.5. Right: the two gradients cross 0 there."
labels = torch.tensor([1.0] + 9 * [0.0])
logits = torch.linspace(-5, 5, 101)


def same_for_all(z, weight):
    z = z[:, None].expand(-1, 10)
    y = labels.expand_as(z)
    loss = F.binary_cross_entropy_with_logits(z, y, pos_weight=weight, reduction="none")
    return loss.mean(dim=1)


left, right = panels(
    "预测的概率 | predicted probability",
    "对 logit 的梯度 | gradient w.r.t. logit",
)
for number, weight in enumerate((1, 9)):
    y, gradient = curve(lambda z: same_for_all(z, torch.tensor(weight)), logits)
    best = int(y.argmin())
    style = {"color": f"C{number}", "ls": STYLES[number], "markevery": [best]}
    left.plot(logits.sigmoid(), y, "o", label=f"pos_weight={weight}", **style)
    right.plot(logits.sigmoid(), gradient, "o", **style)
left.set_ylim(0, 3)
left.legend()
plt.show()
# %% [markdown] lang="zh"
# 另见[自定义损失](../training/losses.md#custom-loss)。
# %% [markdown] lang="en"
# See also [Custom losses](../training/losses.md#custom-loss).
