# %% [markdown] lang="zh"
# # 损失函数的形状 { #losses }
#
# 损失怎样随预测变化，梯度就怎样推动参数。横轴是正确类别的概率、误差或预测的概率；分左右两幅的，右边是梯度。数值全部由 PyTorch 的损失函数和 `backward()` 算出。
# %% [markdown] lang="en"
# # The shapes of losses { #losses }
#
# How a loss changes with the prediction is how its gradient pushes the parameters. The horizontal axis is the probability of the right class, the error, or the predicted probability; where there are two charts, the right one is the gradient. All values come from PyTorch's losses and from `backward()`.
# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F


def curve(loss, x):
    """Return loss(x) and its gradient, for each element of x on its own."""
    x = x.clone().requires_grad_()
    y = loss(x)
    y.sum().backward()
    return y.detach(), x.grad


z = torch.linspace(-6, 6, 121)  # 正确类别比另一类高出的 logit | the logit by which the right class leads
p = z.sigmoid()


def two_classes(z):
    return torch.stack([z, torch.zeros_like(z)], dim=1)


target = torch.zeros(len(z), dtype=torch.long)
# %% [markdown] lang="zh"
# ## 交叉熵：越错推得越用力 { #cross-entropy }
#
# 交叉熵是正确类别概率的负对数：概率趋近 0 时损失没有上限，梯度趋近 −1；判对而且有把握时，损失和梯度都趋近 0。标签平滑（label smoothing）让最低点落在概率小于 1 的地方，再自信反而受罚。见[交叉熵与 logits](../training/losses.md#cross-entropy-logits)和[标签平滑](../training/losses.md#label-smoothing)。
# %% [markdown] lang="en"
# ## Cross-entropy: the more wrong, the harder the push { #cross-entropy }
#
# Cross-entropy is the negative logarithm of the right class's probability: as that goes to 0, the loss has no bound, and the gradient with respect to the logit goes to −1. Where the model is right and sure, both go to 0. Label smoothing puts the minimum at a probability below 1, and more confidence is penalized. See [Cross-entropy](../training/losses.md#cross-entropy-logits) and [Label smoothing](../training/losses.md#label-smoothing).
# %% zh="左图：交叉熵随正确类别的概率从 1 降到 0 而升高，平滑 0.1 和 0.3 的曲线最低点在 0.95 和 0.85。右图：对 logit 的梯度从 −1 升到 0，平滑的曲线穿过 0。" en="Left: cross-entropy rises as the right class's probability falls from 1 to 0; with smoothing 0.1 and 0.3 the minimum is at 0.95 and 0.85. Right: the gradient with respect to the logit rises from −1 to 0; the smoothed ones cross 0."
fig, (left, right) = plt.subplots(1, 2)
for number, smoothing in enumerate((0.0, 0.1, 0.3)):
    y, gradient = curve(
        lambda z, s=smoothing: F.cross_entropy(
            two_classes(z), target, label_smoothing=s, reduction="none"
        ),
        z,
    )
    left.plot(p, y, "o-", markevery=[int(y.argmin())], ms=4, color=f"C{number}")
    right.plot(p, gradient, color=f"C{number}")
left.legend([0.0, 0.1, 0.3], title="label_smoothing")
right.axhline(0, color="0.5", lw=0.8)
left.set(xlabel="正确类别的概率 | probability of the right class", ylabel="损失 | loss")
right.set(xlabel="正确类别的概率 | probability of the right class", ylabel="梯度 | gradient")
plt.show()
# %% [markdown] lang="zh"
# ## focal loss：看轻容易的样本 { #focal }
#
# focal loss 给每个样本的交叉熵乘上 `(1 - p) ** gamma`：概率已经高的样本几乎不再贡献，大量容易的负样本就盖不住少数难的。代价是标错的样本也算“难”，占的份额更大。类别权重不同：它把一个类别的整条曲线等比例抬高。见[类别不平衡](../training/losses.md#class-imbalance)。
# %% [markdown] lang="en"
# ## Focal loss: easy samples count less { #focal }
#
# Focal loss multiplies each sample's cross-entropy by `(1 - p) ** gamma`: samples whose probability is high already hardly contribute, so that a mass of easy negatives does not drown the few hard ones. The price: a mislabelled sample is hard too, and weighs more. Class weights are another thing: they raise the whole curve of a class by one factor. See [Class imbalance](../training/losses.md#class-imbalance).
# %% zh="概率为 0.5 时，gamma=2 的 focal loss 是交叉熵的四分之一，gamma=5 的已几乎贴着横轴；权重 0.5 的曲线处处是交叉熵的一半。" en="At a probability of 0.5, the focal loss with gamma=2 is a quarter of cross-entropy, the one with gamma=5 almost on the axis; the curve with weight 0.5 is half of cross-entropy everywhere."
fig, ax = plt.subplots()
ce = F.cross_entropy(two_classes(z), target, reduction="none")
half = F.cross_entropy(two_classes(z), target, weight=torch.tensor([0.5, 1.0]), reduction="none")
ax.plot(p, ce, color="C0")
ax.plot(p, half, "--", color="C0")
for gamma, color in ((2, "C1"), (5, "C2")):
    ax.plot(p, (1 - p) ** gamma * ce, color=color)
ax.annotate("交叉熵 | cross-entropy", (0.12, 2.25), color="C0")
ax.annotate("权重 0.5 | weight 0.5", (0.012, 0.6), color="C0")
ax.annotate("gamma=2", (0.3, 0.72), color="C1")
ax.annotate("gamma=5", (0.012, 0.25), color="C2")
ax.set(xlabel="正确类别的概率 | probability of the right class", ylabel="损失 | loss", ylim=(0, 3))
plt.show()
# %% [markdown] lang="zh"
# ## L1、L2 与 Huber：离群点有多大分量 { #regression }
#
# 平方误差的梯度随误差线性增大，一个离群点就能左右整批；绝对误差的梯度只有 ±1，离群点不占优，但误差接近 0 时也不变小，学习率不降就来回跳。Huber 在 `delta` 以内像平方，以外像绝对值。`smooth_l1_loss` 是 Huber 除以 `beta`，二者在 1 处相同。见[选择损失函数](../training/losses.md#choosing-loss)。
# %% [markdown] lang="en"
# ## L1, L2, and Huber: how much an outlier weighs { #regression }
#
# The gradient of the squared error grows with the error, so one outlier can rule a batch. The absolute error's is ±1 at most: outliers gain nothing, but it does not shrink near 0 either, and without a falling learning rate the steps jump back and forth. Huber is quadratic within `delta` and linear beyond. `smooth_l1_loss` is Huber divided by `beta`; at 1, they are the same. See [Choosing a loss](../training/losses.md#choosing-loss).
# %% zh="左图：误差从 −4 到 4，平方误差是陡的抛物线，绝对误差是 V 形，Huber 在 1 以内弯、以外直。右图：梯度分别是斜线、±1 的台阶、两头截平的斜线。" en="Left: for errors from −4 to 4, the squared error is a steep parabola, the absolute error a V, and Huber bends within 1 and is straight beyond. Right: their gradients are a slope, a step of ±1, and a slope cut off at both ends."
error = torch.linspace(-4, 4, 161)
zero = torch.zeros_like(error)
losses = {
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
    "huber_loss(delta=1)": F.huber_loss,
}
fig, (left, right) = plt.subplots(1, 2)
for (name, loss), color in zip(losses.items(), ("C1", "C2", "C0")):
    y, gradient = curve(lambda e, loss=loss: loss(e, zero, reduction="none"), error)
    left.plot(error, y, color=color)
    right.plot(error, gradient, color=color, label=name)
left.set(xlabel="误差 | error", ylabel="损失 | loss", ylim=(0, 8))
right.set(xlabel="误差 | error", ylabel="梯度 | gradient", ylim=(-5, 5))
right.legend(loc="upper left", fontsize=9)
plt.show()
print(torch.equal(F.smooth_l1_loss(error, zero), F.huber_loss(error, zero)))
# %% [markdown] lang="zh"
# ## pos_weight：移动分界 { #pos-weight }
#
# 二分类的 `pos_weight` 只放大正样本的损失。正样本占十分之一时，让损失最小的常数预测是概率 0.1；`pos_weight=9` 把它移到 0.5。输出因此不再是概率，要用概率就不加权，改调阈值。见[二分类与多标签](../training/losses.md#bce-with-logits)。
# %% [markdown] lang="en"
# ## pos_weight moves the boundary { #pos-weight }
#
# In binary classification, `pos_weight` scales the loss of positive samples alone. With one positive in ten, the constant prediction with the lowest loss is a probability of 0.1; `pos_weight=9` moves it to 0.5. So the outputs are no probabilities any more: where you need those, leave the weight out and tune the threshold. See [Binary and multi-label](../training/losses.md#bce-with-logits).
# %% zh="横轴是对所有样本的同一个预测概率。不加权的损失在 0.1 处最低，pos_weight=9 的在 0.5 处最低。" en="The horizontal axis is one predicted probability for all samples. The loss without weight is lowest at 0.1, the one with pos_weight=9 at 0.5."
labels = torch.tensor([1.0] + 9 * [0.0])
logits = torch.linspace(-5, 5, 201)
fig, ax = plt.subplots()
for weight, color in ((1.0, "C0"), (9.0, "C1")):
    w = torch.tensor(weight)
    y = torch.stack(
        [F.binary_cross_entropy_with_logits(b.expand(10), labels, pos_weight=w) for b in logits]
    )
    best = y.argmin()
    ax.plot(logits.sigmoid(), y, color=color)
    ax.plot(logits.sigmoid()[best], y[best], "o", color=color)
    ax.annotate(
        f"pos_weight={weight:.0f}",
        (logits.sigmoid()[best], y[best]),
        (0, -18),
        textcoords="offset points",
        ha="center",
        color=color,
    )
ax.set(xlabel="预测的概率 | predicted probability", ylabel="损失 | loss", ylim=(-0.3, 3))
plt.show()
# %% [markdown] lang="zh"
# 另见[自定义损失](../training/losses.md#custom-loss)。
# %% [markdown] lang="en"
# See also [Custom losses](../training/losses.md#custom-loss).
