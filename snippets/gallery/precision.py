# %% [markdown] lang="zh"
# # 浮点精度 { #precision }
#
# 四种格式的差别只在两处：指数的位数决定范围，尾数的位数决定相邻两个数的间隔。float32 有 8 位指数、23 位尾数；TF32 是 8 和 10；float16 是 5 和 10；bfloat16 是 8 和 7。下面的间隔和舍入都由 PyTorch 算出；TF32 只用在 GPU 上矩阵乘法、卷积这类运算的内部，这里把 float32 舍入到 10 位尾数来模拟。
# %% [markdown] lang="en"
# # Floating-point precision { #precision }
#
# The four formats differ in two things only: the number of exponent bits decides the range, the number of mantissa bits decides how far apart neighboring numbers are. float32 has 8 exponent bits and 23 mantissa bits, TF32 8 and 10, float16 5 and 10, bfloat16 8 and 7. The spacing and the rounding below are computed by PyTorch. TF32 is used only inside operations such as matrix products and convolutions on a GPU, so it is simulated by rounding float32 to 10 mantissa bits.
# %%
import matplotlib.pyplot as plt
import torch

COLORS = {"float32": "C0", "TF32": "C2", "float16": "C3", "bfloat16": "C1"}


# 把 float32 舍入到某种格式，再转回来 | rounds float32 to a format and back
def rounded(x, name):
    if name != "TF32":
        return x.to(getattr(torch, name)).float()
    bits = x.view(torch.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(torch.float32)  # 10 of 23 bits


x = torch.tensor([3.14159265, 1 / 3, 65520.0, 1e-8])
for name in COLORS:
    print(f"{name:9}", *(f"{value:>14.8g}" for value in rounded(x, name).tolist()))
# %% [markdown] lang="zh"
# ## 间隔与范围 { #spacing }
#
# 横轴是数值，纵轴是它到下一个可表示的数的距离，除以它自己：越低越精细。这里取各个 2 的幂。在正规数的范围里，它们的相对间隔都相同，线是平的；到了左端的次正规数，间隔不再缩小，相对间隔于是上升。线的两端标出范围（最大的数不到末端的两倍）：float16 的又短又居中，bfloat16 和 TF32 与 float32 几乎一样宽。所以 bfloat16 训练通常不用放大损失，float16 要。
# %% [markdown] lang="en"
# ## Spacing and range { #spacing }
#
# The horizontal axis is a value, the vertical one its distance to the next number that the format has, divided by the value itself: lower is finer. The values drawn are the powers of two. In the normal range, all of them have the same relative spacing, and the line is flat. Among the subnormal numbers at the left end the spacing stops shrinking, so the relative spacing rises. The ends of a line mark the range (the largest number is less than twice the last one drawn): that of float16 is short, those of bfloat16 and TF32 are almost as wide as that of float32. That is why training in bfloat16 usually needs no loss scaling, and training in float16 does.
# %% zh="对数坐标折线图：各格式的相对间隔。float32 最低，TF32 与 float16 同高，bfloat16 最高；float16 的线最短，约从 6e-8 到 3e4；另外三条从约 1e-40 或更小到 2e38 左右。" en="Line chart with logarithmic axes: relative spacing of each format. float32 lies lowest, TF32 and float16 are level, bfloat16 lies highest. The line of float16 is the shortest, from about 6e-8 to 3e4; the other three reach from about 1e-40 or less to about 2e38."
# 格式中 2 的幂，和到下一个数的距离 | its powers of two, and how far the next number is
def spacing(name):
    powers = 2.0 ** torch.arange(-149, 128)
    if name == "TF32":
        powers = powers[powers >= 2.0**-136]
        return powers, (powers.view(torch.int32) + 0x2000).view(torch.float32) - powers
    dtype = getattr(torch, name)
    values = powers.to(dtype)
    values = values[(values > 0) & values.isfinite() & (values.float().log2() % 1 == 0)]
    values = values.unique()
    bits = torch.int32 if dtype == torch.float32 else torch.int16
    following = (values.view(bits) + 1).view(dtype)
    return values.double(), following.double() - values.double()


fig, ax = plt.subplots(figsize=(7.2, 3.4))
for name, color in COLORS.items():
    values, steps = spacing(name)
    style = "--" if name == "TF32" else "-"
    ax.plot(values.double(), steps.double() / values.double(), style, color=color)
ax.set(xscale="log", yscale="log", xlim=(1e-46, 1e40), ylim=(2e-8, 3))
ax.text(1e38, 1.6e-7, "float32", color="C0", ha="right", va="bottom")
ax.text(1e38, 1.3e-3, "TF32", color="C2", ha="right", va="bottom")
ax.text(1, 7e-4, "float16", color="C3", ha="center", va="top")
ax.text(1e38, 1e-2, "bfloat16", color="C1", ha="right", va="bottom")
ax.set_xlabel("数值 | value")
ax.set_ylabel("相对间隔 | relative spacing")
plt.show()
# %% [markdown] lang="zh"
# ## 数轴上看 { #number-line }
#
# 每一条竖线是格式里的一个数，取 248 到 264 一段。在最小的正规数以上，每过一个 2 的幂，间隔翻倍：bfloat16 在 256 以下是 1，以上是 2，因此 256 + 1 又舍入回 256，加 1 计数到这里就停了。float16 的间隔这时是 0.125 和 0.25，到 2048 才停；float32 到 16777216。计数用整数。
# %% [markdown] lang="en"
# ## On the number line { #number-line }
#
# Each tick is one number of the format, here between 248 and 264. Above the smallest normal number, the spacing doubles at every power of two: that of bfloat16 is 1 below 256 and 2 above, so 256 + 1 rounds back to 256, and counting in steps of 1 stops there. The spacing of float16 is 0.125 and 0.25 here, and counting stops at 2048; in float32 it stops at 16777216. Count in integers.
# %% zh="两行刻度：从 248 到 264，float16 的数很密，bfloat16 在 256 以下相隔 1，以上相隔 2；箭头表示 257 舍入到 256。" en="Two rows of ticks from 248 to 264: the numbers of float16 lie close together, those of bfloat16 are 1 apart below 256 and 2 apart above; an arrow shows that 257 rounds to 256."
fine = torch.arange(248, 264.001, 1 / 64)
rows = [rounded(fine, name).unique().tolist() for name in ("bfloat16", "float16")]

fig, ax = plt.subplots(figsize=(7.2, 2))
ax.eventplot(rows, colors=["C1", "C3"], lineoffsets=[0, 1], linelengths=0.5)
arrow = {"arrowstyle": "->", "color": "0.4"}
ax.annotate("", xy=(256, 0.3), xytext=(257, 0.55), arrowprops=arrow)
ax.text(257.1, 0.5, "256 + 1", color="0.4", va="center")
ax.set(xlim=(247.5, 264.5), ylim=(-0.5, 1.5), xticks=range(248, 265, 4))
ax.set_yticks([0, 1], labels=["bfloat16", "float16"])
ax.grid(False)
ax.set_xlabel("数值 | value")
plt.show()
# %% [markdown] lang="zh"
# ## 累加的舍入 { #sums }
#
# 把 0.01 一次次加进同一个张量，加 20 000 次，应得 200。每次加法都要舍入：加数小于到下一个数的间隔的一半，和就不再变。bfloat16 停在 4，float16 停在 32。右上角的圆点是同样的数用 `sum()` 一次求和，三种格式重合：半精度的输入在 float32 中累加，最后才舍入，误差几乎只剩输入和结果的舍入。权重更新也是这样的累加：小的更新加到半精度的权重上会丢掉，所以混合精度训练把权重留在 float32。
# %% [markdown] lang="en"
# ## Rounding of sums { #sums }
#
# Adding 0.01 to one tensor again and again, 20,000 times, should give 200. Every addition rounds, and once the addend is less than half the distance to the next number, the sum no longer changes: bfloat16 stops at 4, float16 at 32. The dot at the top right is the result of one `sum()` of the same numbers, the same place in all three formats: half-precision inputs are summed in float32 and rounded at the end, so that little more than the rounding of inputs and result is left. Updates of weights are such a sum too: a small update to a half-precision weight is lost, so mixed precision training keeps the weights in float32.
# %% zh="对数坐标折线图：累加 0.01，float32 直到 200，float16 停在 32，bfloat16 停在 4；右上角的圆点表示用 sum() 求和的结果都接近 200。" en="Line chart with logarithmic axes: adding 0.01, float32 goes up to 200, float16 stops at 32, bfloat16 at 4. A dot shows that sum() comes close to 200 in all of them."
n = 20_000
shown = torch.logspace(0, 4.3010299, 60).long().clamp(max=n)

fig, ax = plt.subplots()
for name in ("float32", "float16", "bfloat16"):
    dtype = getattr(torch, name)
    step = torch.tensor(0.01, dtype=dtype)
    total, sums = torch.zeros((), dtype=dtype), []
    for _ in range(n):
        total = total + step
        sums.append(total)
    sums = torch.stack(sums).float()
    ax.plot(shown, sums[shown - 1], color=COLORS[name])
    ax.plot(n, step.expand(n).sum().float(), "o", color=COLORS[name], clip_on=False)
    print(f"{name:9}{sums[-1]:8.2f}{step.expand(n).sum().item():8.1f}")
ax.text(9000, 130, "float32", color="C0", ha="right")
ax.text(15000, 26, "float16", color="C3", ha="right", va="top")
ax.text(15000, 3.3, "bfloat16", color="C1", ha="right", va="top")
ax.text(15000, 260, "sum()", color="0.4", ha="right")
ax.set(xscale="log", yscale="log", xlim=(10, n), ylim=(0.1, 500))
ax.set_xlabel("加法次数 | additions")
ax.set_ylabel("和 | sum")
plt.show()
# %% [markdown] lang="zh"
# ## 下溢与放大损失 { #underflow }
#
# 一个小网络的梯度，按绝对值画成直方图（在 float32 中计算；损失乘以 0.0001，代表梯度小的情形）。阴影是 float16 的范围，颜色浅的一段是次正规数，精度逐渐变差；小到不足最小数一半的，变成 0。损失乘以 65536，所有梯度跟着乘以 65536，整个直方图右移，几乎全部落进正规数的范围；更新之前再除回来。这就是 `GradScaler` 做的事。乘得太多，右端会越过 65504 变成 `inf`，`GradScaler` 就跳过这一步，减小倍数。
# %% [markdown] lang="en"
# ## Underflow and loss scaling { #underflow }
#
# The gradients of a small network, as a histogram of their absolute values (computed in float32; the loss is multiplied by 0.0001 to stand for small gradients). The shade is the range of float16, its lighter part the subnormal numbers, which lose precision bit by bit; what is less than half the smallest of them becomes 0. Multiply the loss by 65536, and all gradients are multiplied by 65536: the histogram moves to the right, nearly all of it into the normal range. Before the update, they are divided again. That is what `GradScaler` does. With too large a factor, the right end passes 65504 and becomes `inf`; `GradScaler` then skips the step and lowers the factor.
# %% zh="两个直方图：原来的梯度在 float16 范围的左边或次正规数区间，乘以 65536 之后几乎全部落在正规数的范围之内。" en="Two histograms: the original gradients lie left of the range of float16 or among its subnormal numbers; multiplied by 65536, nearly all lie in the normal range."
torch.manual_seed(0)
model = torch.nn.Sequential(
    *(torch.nn.Linear(64, 256), torch.nn.Tanh()),
    torch.nn.Linear(256, 10),
)
inputs, targets = torch.randn(512, 64), torch.randint(10, (512,))
loss = 1e-4 * torch.nn.functional.cross_entropy(model(inputs), targets)
grads = torch.cat([g.flatten() for g in torch.autograd.grad(loss, model.parameters())])
grads = grads[grads != 0]

fig, ax = plt.subplots()
info = torch.finfo(torch.float16)
ax.axvspan(info.smallest_normal, info.max, color="C3", alpha=0.15, linewidth=0)
ax.axvspan(2.0**-24, info.smallest_normal, color="C3", alpha=0.07, linewidth=0)
bins = torch.logspace(-12, 6, 91)
for scale, color in ((1, "C0"), (65536, "C2")):
    scaled = scale * grads
    ax.hist(scaled.abs(), bins, color=color, histtype="stepfilled", alpha=0.6)
    lost = (scaled.half() == 0).float().mean().item()
    print(f"× {scale:<6} → float16: {lost:.0%} = 0")
ax.text(3e-10, 1300, "梯度 | gradients", color="C0", ha="center")
ax.text(4, 1300, "× 65536", color="C2", ha="center")
ax.text(5e4, 200, "float16", color="C3", ha="right")
ax.set(xscale="log", xlim=(1e-12, 1e6))
ax.set_xlabel("绝对值 | absolute value")
ax.set_ylabel("个数 | count")
plt.show()
# %% [markdown] lang="zh"
# ## 矩阵乘法的误差 { #matmul }
#
# 输入先舍入到各个格式，乘积在 float32 中累加，与 float64 的结果比较。随机的正负数相乘，输入舍入造成的相对误差几乎不随内维增大，由尾数的位数决定：TF32 与 float16 一样（只要数值不超出 float16 的范围），误差约是 bfloat16 的八分之一。从 float32 到 TF32，这里的误差大了一千到几千倍，对多数训练没有影响；要与 CPU 的结果核对，就关掉 TF32，剩下的差别主要来自求和次序。
# %% [markdown] lang="en"
# ## Error of matrix products { #matmul }
#
# The inputs are rounded to each format, their product is summed in float32 and compared with the result of float64. With random numbers of both signs, the relative error that comes from rounding the inputs hardly grows with the inner dimension. The mantissa bits decide it: TF32 is like float16 (as long as the values are in the range of float16), and its error about an eighth of that of bfloat16. From float32 to TF32, the error grows by a factor of 1,000 to several thousand here, which most trainings bear. To compare with results of a CPU, turn TF32 off; what differs then comes mainly from the order of summation.
# %% zh="对数坐标折线图：相对误差随内维变化。float32 在 1e-7 上下，TF32 与 float16 重合，约 3e-4，bfloat16 约 2e-3，除 float32 缓慢上升外都近于水平。" en="Line chart with logarithmic axes: relative error over the inner dimension. float32 is near 1e-7, TF32 and float16 coincide near 3e-4, bfloat16 is near 2e-3; all but float32, which rises slowly, are almost level."
sizes = [16, 64, 256, 1024, 4096]
errors = {name: [] for name in COLORS}
for size in sizes:
    a, b = torch.randn(64, size), torch.randn(size, 64)
    exact = a.double() @ b.double()
    for name in COLORS:
        product = rounded(a, name) @ rounded(b, name)
        errors[name].append(((product - exact).norm() / exact.norm()).item())

fig, ax = plt.subplots()
for name, color in COLORS.items():
    style = "--" if name == "TF32" else "-"
    ax.plot(sizes, errors[name], style, color=color, marker=".")
ax.text(4096, 3e-3, "bfloat16", color="C1", ha="right")
ax.text(4096, 5e-4, "TF32, float16", color="C3", ha="right")
ax.text(4096, 9e-7, "float32", color="C0", ha="right")
ax.set(xscale="log", yscale="log", ylim=(3e-8, 1e-2))
ax.set_xticks(sizes, labels=sizes)
ax.set_xticks([], minor=True)
ax.set_xlabel("内维 | inner dimension")
ax.set_ylabel("相对误差 | relative error")
plt.show()
# %% [markdown] lang="zh"
# 相关条目：[浮点精度与 TF32](../tensors/basics.md#float-precision) · [数据类型转换](../tensors/basics.md#dtype) · [半精度与自动混合精度](../performance/speed.md#half-precision) · [数值稳定](../tensors/math.md#numerical-stability) · [判断相等](../tensors/math.md#equality)
# %% [markdown] lang="en"
# Entries: [Float precision and TF32](../tensors/basics.md#float-precision) · [Converting dtypes](../tensors/basics.md#dtype) · [Half precision and autocast](../performance/speed.md#half-precision) · [Numerical stability](../tensors/math.md#numerical-stability) · [Comparing tensors](../tensors/math.md#equality)
