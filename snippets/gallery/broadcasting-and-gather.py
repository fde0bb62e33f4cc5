# %% [markdown] lang="zh"
# # 广播与 gather { #broadcasting-and-gather }
#
# 广播和 gather 都在回答同一个问题：结果的这一格，用的是输入的哪一格？下面的图把相遇的格子用颜色和箭头连起来；格子里的数都由 PyTorch 算出，gather 和 scatter 的箭头由下标画出。
# %% [markdown] lang="en"
# # Broadcasting and gather { #broadcasting-and-gather }
#
# Broadcasting and gather answer one question: which element of the input does this element of the result use? The pictures join the elements that meet by color and arrows. The numbers in the boxes are computed by PyTorch, and the arrows of gather and scatter are drawn from the indices.
# %%
import matplotlib.pyplot as plt
import torch

COLORS = ["C0", "C1", "C2"]


# 画一个二维张量的格子，颜色由函数给出 | the boxes of a 2-D tensor
def grid(ax, t, left, top, color, title):
    rows, columns = t.shape
    for i in range(rows):
        for j in range(columns):
            fill = color(i, j)
            ax.add_patch(plt.Rectangle((left + j, top + i), 1, 1, fc=fill, ec="0.5"))
            middle = left + j + 0.5, top + i + 0.5
            text = f"{t[i, j].item()}"
            ax.text(*middle, text, ha="center", va="center", fontsize=12)
    ax.text(left, top - 0.2, title, va="bottom", fontsize=12)


def arrow(ax, start, end, color):
    style = dict(arrowstyle="->", color=color, lw=1.4, shrinkA=0, shrinkB=0)
    ax.annotate("", xy=end, xytext=start, arrowprops=style)


def frame(ax, width, height):
    ax.set(xlim=(-0.1, width), ylim=(height, -0.9), aspect="equal")
    ax.axis("off")


# %% [markdown] lang="zh"
# ## 哪一格对哪一格 { #broadcasting }
#
# 形状从右边对齐，每一维要么相等，要么有一个是 1，要么缺着（补成 1）；大小为 1 的那一维重复使用。左边的列 `(3, 1)` 沿横向重复，上面的行 `(4,)` 沿纵向重复，于是 3 × 4 的每一格都是一行与一列的相遇：`column + row` 的第 `[i, j]` 格是 `column[i, 0] + row[j]`。
# %% [markdown] lang="en"
# ## Who meets whom { #broadcasting }
#
# Shapes are aligned at the right. In each dimension, the sizes are equal, or one of them is 1, or one is missing (and taken as 1); a size of 1 is reused along that dimension. The column at the left, `(3, 1)`, repeats rightward, the row on top, `(4,)`, downward, so each box of the 3 × 4 result is a meeting of the two: element `[i, j]` of `column + row` is `column[i, 0] + row[j]`.
# %% zh="左边一列 0、10、20，上面一行 0 到 3，中间 3 乘 4 的和；箭头从列向右、从行向下穿过，第 1 行第 2 列的 12 由 10 和 2 相加。" en="A column of 0, 10, 20 at the left, a row of 0 to 3 on top, and the 3 by 4 sum between them. Arrows run right from the column and down from the row; the box in row 1, column 2 holds 12, the sum of 10 and 2."
column = torch.tensor([[0], [10], [20]])
row = torch.arange(4)
total = column + row
i, j = (total == 12).nonzero()[0].tolist()

fig, ax = plt.subplots(figsize=(7.2, 4.2))
grid(ax, column, 0, 2, lambda r, c: ("C0", 0.4 if r == i else 0.15), "(3, 1)")
grid(ax, row[None], 2, 0, lambda r, c: ("C1", 0.4 if c == j else 0.15), "(4,)")
grid(ax, total, 2, 2, lambda r, c: ("C2", 0.5) if (r, c) == (i, j) else "none", "")
for r in range(3):
    arrow(ax, (1.1, 2.5 + r), (1.9, 2.5 + r), "C0")
for c in range(4):
    arrow(ax, (2.5 + c, 1.1), (2.5 + c, 1.9), "C1")
shapes = f"(3, 1) + (4,)\n→ {tuple(total.shape)}"
ax.text(6.4, 2.4, shapes, fontsize=13, va="top", linespacing=1.5)
ax.text(6.4, 4.5, f"10 + 2 = {total[i, j]}", color="C2", fontsize=13, va="center")
frame(ax, 9.2, 5.1)
plt.show()
# %% [markdown] lang="zh"
# ## 不报错的意外 { #surprise }
#
# 预测 `(N, 1)` 减目标 `(N,)`：目标对齐到右边，成了一行，结果是 N × N，每个预测都与每个目标相减。想要的只是对角线（深色），均方误差却对所有格子求平均；只要目标不全相同，预测全对，损失也不是 0。`F.mse_loss` 这时会给出警告，自己写的减法不会。先用 `squeeze(1)` 或 `unsqueeze(1)` 使形状一致。
# %% [markdown] lang="en"
# ## A surprise without an error { #surprise }
#
# Predictions `(N, 1)` minus targets `(N,)`: aligned at the right, the targets become a row, and the result is N × N, with each prediction minus each target. Only the diagonal (colored) was wanted, but the mean squared error averages all boxes: even with perfect predictions, this loss is not 0, unless all targets are the same. `F.mse_loss` warns about it, a subtraction of your own does not. Make the shapes equal first, by `squeeze(1)` or `unsqueeze(1)`.
# %% zh="左：(4, 1) 减 (4,) 得 4 乘 4 的差，只有对角线是想要的 0；右：squeeze 之后是四个 0。" en="Left: (4, 1) minus (4,) gives 4 by 4 differences, and only the zeros on the diagonal were wanted. Right: after squeeze, just four zeros."
target = torch.arange(4)
prediction = target[:, None]  # (N, 1)
wrong = prediction - target
right = prediction.squeeze(1) - target

fig, ax = plt.subplots(figsize=(7.2, 3.6))
good, bad = ("C2", 0.5), ("C1", 0.15)
grid(ax, wrong, 0, 0, lambda r, c: good if r == c else bad, "(4, 1) − (4,)")
grid(ax, right[None], 5, 0, lambda r, c: good, "(4,) − (4,)")
ax.text(0, 4.2, f"MSE {wrong.float().square().mean():g}", fontsize=13, va="top")
ax.text(5, 1.2, f"MSE {right.float().square().mean():g}", fontsize=13, va="top")
frame(ax, 9.2, 4.8)
plt.show()
# %% [markdown] lang="zh"
# ## gather：按下标取 { #gather }
#
# `x.gather(1, index)` 的结果与 `index` 同形，第 `[i, j]` 格是 `x[i, index[i, j]]`：行不变，只有第 1 维的下标换成 `index` 里的数。图中三行并排，上面是 `x` 的一行，下面是 `index` 和结果：箭头都不出本行，同一格可以取多次，也可以一次不取。沿第 0 维则反过来，列不变。
#
# 常见的用法是每行取一个数：`logp.gather(1, target[:, None])` 取出每个样本目标类别的对数概率，`index` 的形状要写成 `(N, 1)`。
# %% [markdown] lang="en"
# ## gather: take by index { #gather }
#
# The result of `x.gather(1, index)` has the shape of `index`, and its element `[i, j]` is `x[i, index[i, j]]`: the row stays, only the index of dimension 1 is replaced by the number in `index`. The three rows stand side by side, a row of `x` on top, `index` and the result below. No arrow leaves its row; an element may be taken several times, or never. Along dimension 0 it is the column that stays.
#
# A common use takes one number per row: `logp.gather(1, target[:, None])` is the log probability of each sample's target class, with an `index` of shape `(N, 1)`.
# %% zh="三行并排：上面是 x 的一行四格，箭头从被取的格子指向下面的下标与结果；第 0 行取第 0、2 格，第 1 行取第 1、0 格，第 2 行的第 3 格取了两次。" en="Three rows side by side: four boxes of x on top, and arrows from the boxes taken down to index and result. Row 0 takes boxes 0 and 2, row 1 boxes 1 and 0, and row 2 takes box 3 twice."
x = torch.arange(12).reshape(3, 4)
index = torch.tensor([[0, 2], [1, 0], [3, 3]])
taken = x.gather(1, index)

fig, ax = plt.subplots(figsize=(7.2, 3.4))
for r in range(3):
    left, fill = 5 * r, (COLORS[r], 0.35)
    used = index[r].tolist()
    grid(ax, x[[r]], left, 0, lambda _, c: fill if c in used else "none", f"x[{r}]")
    grid(ax, index[[r]], left + 1, 3, lambda _, c: "none", "")
    grid(ax, taken[[r]], left + 1, 4, lambda _, c: fill, "")
    for c, source in enumerate(used):
        arrow(ax, (left + source + 0.5, 1.05), (left + c + 1.5, 2.95), COLORS[r])
    ax.text(left + 2, 5.2, f"taken[{r}]", ha="center", va="top", fontsize=12)
    ax.text(left + 3.15, 3.5, "index", va="center", fontsize=12, color="0.4")
frame(ax, 14.4, 5.9)
plt.show()
# %% [markdown] lang="zh"
# ## scatter：按下标放 { #scatter }
#
# 箭头反过来就是 scatter：`src[i, j]` 放到结果的 `[i, index[i, j]]`。两个箭头指向同一格时，`scatter_add` 相加（第 2 行：50 + 60）；不带归约的 `scatter` 只留下其中一个，是哪一个不确定。没有箭头指向的格子保持原值，这里是 0。`x.gather(1, index)` 的梯度正是这样传回 `x` 的：取了两次的格子收到两份之和。
# %% [markdown] lang="en"
# ## scatter: put by index { #scatter }
#
# Turn the arrows around, and it is scatter: `src[i, j]` goes to `[i, index[i, j]]` of the result. Where two arrows meet, `scatter_add` adds (row 2: 50 + 60); `scatter` without a reduction keeps one of them, and which one is not defined. Boxes without an arrow keep their value, here 0. This is also how the gradient of `x.gather(1, index)` goes back to `x`: a box taken twice receives the sum of two.
# %% zh="三行并排：上面是 src 的两格与下标，箭头指向下面结果的格子；第 2 行的 50 和 60 都放到第 3 格，相加得 110。" en="Three rows side by side: two boxes of src with their indices on top, and arrows to the boxes of the result below. In row 2, 50 and 60 both go to box 3 and add up to 110."
src = torch.tensor([[10, 20], [30, 40], [50, 60]])
out = torch.zeros(3, 4, dtype=torch.long).scatter_add(1, index, src)

fig, ax = plt.subplots(figsize=(7.2, 3.4))
for r in range(3):
    left, fill = 5 * r, (COLORS[r], 0.35)
    used = index[r].tolist()
    grid(ax, src[[r]], left + 1, 0, lambda _, c: fill, f"src[{r}]")
    grid(ax, index[[r]], left + 1, 1, lambda _, c: "none", "")
    grid(ax, out[[r]], left, 4, lambda _, c: fill if c in used else "none", "")
    for c, goal in enumerate(used):
        shift = 0.15 * (2 * c - 1) if used.count(goal) > 1 else 0
        end = left + goal + 0.5 + shift
        arrow(ax, (left + c + 1.5, 2.05), (end, 3.95), COLORS[r])
    ax.text(left + 2, 5.2, f"out[{r}]", ha="center", va="top", fontsize=12)
    ax.text(left + 3.15, 1.5, "index", va="center", fontsize=12, color="0.4")
frame(ax, 14.4, 5.9)
plt.show()
# %%
leaf = x.float().requires_grad_()
leaf.gather(1, index).backward(src.float())
print(torch.equal(leaf.grad, out.float()))
# %% [markdown] lang="zh"
# 条目：[广播规则](../tensors/shape.md#broadcasting) · [张量扩展](../tensors/shape.md#expand) · [gather 与 scatter](../tensors/indexing.md#gather-scatter) · [切片与索引](../tensors/indexing.md#slicing)
# %% [markdown] lang="en"
# Entries: [Broadcasting rules](../tensors/shape.md#broadcasting) · [Expanding](../tensors/shape.md#expand) · [gather and scatter](../tensors/indexing.md#gather-scatter) · [Slicing and indexing](../tensors/indexing.md#slicing)
