# %% [markdown] lang="zh"
# # 内存布局：形状、步长与视图 { #memory-layout }
#
# 普通的张量是一段内存，外加一份读法：从哪里开始（偏移），每一维多长（形状），沿每一维走一步在内存里移动几个元素（步长）。视图与原张量共用内存，只换读法。下面的格子就是内存，格子里写着元素的值。
# %% [markdown] lang="en"
# # Memory layout: shape, stride, and views { #memory-layout }
#
# An ordinary tensor is a run of memory and a way of reading it: where to start (the offset), how long each dimension is (the shape), and by how many elements a step along each dimension moves in memory (the stride). A view shares the memory of the original and changes only the way of reading. The boxes below are that memory, with the values of the elements in them.
# %%
import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle


def storage(x):
    return torch.empty(0, dtype=x.dtype).set_(x.untyped_storage()).tolist()


def box(ax, place, value, fill, below, color):
    ax.add_patch(Rectangle((place, 0), 1, 1, fc=fill, ec="0.5", lw=0.8))
    ax.text(place + 0.5, 0.5, value, ha="center", va="center", fontsize=12)
    ax.text(place + 0.5, -0.45, below, ha="center", va="center", fontsize=10, color=color)


def finish(ax, title):
    ax.set_title(title, loc="left", fontsize=12)
    ax.set(xlim=(-0.1, 12.1), ylim=(-0.8, 1.1))
    ax.axis("off")


# 画出 x 的整段内存，下面写 x 读它的次序 | the storage of x, and the order in which x reads it
def memory(ax, x, name):
    values = storage(x)
    places = torch.arange(len(values)).as_strided(x.shape, x.stride(), x.storage_offset())
    order = [[] for _ in values]
    for step, place in enumerate(places.flatten().tolist()):
        order[place].append(step)
    for place, (value, steps) in enumerate(zip(values, order)):
        shade = 0.15 + 0.55 * steps[0] / x.numel() if steps else 0
        box(ax, place, value, ("C0", shade), ",".join(map(str, steps)), "C1")
    shape, stride = tuple(x.shape), x.stride()
    finish(ax, f"{name}: shape {shape}, stride {stride}, offset {x.storage_offset()}")


x = torch.arange(12).reshape(3, 4)
# %% [markdown] lang="zh"
# ## 视图：同一段内存，另一种读法 { #views }
#
# 格子下的数字是读取的次序，格子颜色越浓，读得越晚。转置、切片、取一列，内存都没有动：转置交换两维的长度和步长，`x[1:]` 把起点后移，隔列取一列把步长翻倍。因此改视图就改了原张量。这里的 `x.T` 按次序读，要在内存里跳着走：`view` 拒绝把它展平，`reshape` 则会复制。见[张量变形](../tensors/shape.md#reshape)和[连续与步长](../tensors/shape.md#contiguous)。
# %% [markdown] lang="en"
# ## Views: the same memory, read another way { #views }
#
# The numbers below the boxes are the order of reading; the stronger the color, the later a box is read. To transpose, to slice, or to take a column, nothing moves in memory: a transpose swaps the lengths and strides of two dimensions, `x[1:]` starts later, every other column doubles a stride. So a write to a view is a write to the original. Reading `x.T` in order means jumping through memory here: `view` refuses to flatten it, and `reshape` copies. See [Reshaping](../tensors/shape.md#reshape) and [Contiguity](../tensors/shape.md#contiguous).
# %% zh="五排各 12 个格子的同一段内存：原张量从左到右依次读；转置隔 4 个一跳；x[1:] 从值为 4 的格子开始；隔列只读偶数格；一列只读 3 个格子。" en="Five rows of the same 12 boxes of memory: the original is read from left to right, the transpose in jumps of 4, x[1:] from the box of value 4 on, every other column takes even boxes only, and one column takes three boxes."
views = {
    "x": x,
    "x.T": x.T,
    "x[1:]": x[1:],
    "x[:, ::2]": x[:, ::2],
    "x[:, 1]": x[:, 1],
}
fig, axes = plt.subplots(len(views), figsize=(7.2, 5.4))
for ax, (name, view) in zip(axes, views.items()):
    assert view.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    memory(ax, view, name)
plt.show()
# %% [markdown] lang="zh"
# ## 步长为 0：expand { #expand }
#
# `expand` 不复制：步长 0 让每一行都读同样的格子，4 行的张量只占 3 个元素。往里写，要么报错（如 `add_`），要么改到所有行（如 `fill_`）。`repeat` 会复制，占 12 个。见[扩展](../tensors/shape.md#expand)和[重复](../tensors/shape.md#repeat-interleave)。
# %% [markdown] lang="en"
# ## Stride 0: expand { #expand }
#
# `expand` copies nothing: with stride 0, every row reads the same boxes, and a tensor of 4 rows takes 3 elements. A write to it either raises an error (`add_`) or changes all rows (`fill_`). `repeat` copies, and takes 12. See [Expanding](../tensors/shape.md#expand) and [Repeating](../tensors/shape.md#repeat-interleave).
# %% zh="两排格子：expand 的 4×3 张量只有 3 个格子，每个格子被读 4 次；repeat 的有 12 个格子，各读一次。" en="Two rows of boxes: the 4×3 tensor from expand has 3 boxes, each read 4 times; the one from repeat has 12, each read once."
row = torch.arange(3)
fig, axes = plt.subplots(2, figsize=(7.2, 2.3))
memory(axes[0], row.expand(4, 3), "row.expand(4, 3)")
memory(axes[1], row.repeat(4, 1), "row.repeat(4, 1)")
plt.show()
# %% [markdown] lang="zh"
# ## contiguous 真的搬动 { #contiguous }
#
# `x.T` 只交换长度和步长；`x.T.contiguous()` 按转置后的次序写出一段新内存，之后按次序读就不再跳。对已经连续的张量，`contiguous()` 返回它自己，不复制。
# %% [markdown] lang="en"
# ## contiguous really moves { #contiguous }
#
# `x.T` swaps lengths and strides; `x.T.contiguous()` writes a new run of memory in the order of the transpose, and reading in order jumps no more. On a tensor that is contiguous already, `contiguous()` returns it as it is, without a copy.
# %% zh="两排格子：x.T 的值按 0 到 11 排列，读的次序跳跃；contiguous 之后值按转置的次序排列，读的次序是 0 到 11。" en="Two rows of boxes: in x.T the values lie from 0 to 11 and are read in jumps; after contiguous the values lie in the order of the transpose and are read from left to right."
fig, axes = plt.subplots(2, figsize=(7.2, 2.3))
memory(axes[0], x.T, "x.T")
memory(axes[1], x.T.contiguous(), "x.T.contiguous()")
plt.show()
print(x.contiguous() is x, x.T.is_contiguous(), x.T.contiguous().data_ptr() == x.data_ptr())
# %% [markdown] lang="zh"
# ## channels_last：形状不变，内存换序 { #channels-last }
#
# 图像的形状写作 `(N, C, H, W)`，默认先放完一个通道再放下一个。`channels_last` 把同一像素的各通道放在一起：形状和索引照旧，通道的步长变成 1。格子下的数字是通道号。许多卷积内核按这个次序读得更快，尤其是 GPU 上的半精度；是否更快要在自己的模型上量。见[显存](../performance/memory.md#memory-usage)和[计时](../performance/speed.md#timing)。
# %% [markdown] lang="en"
# ## channels_last: the same shape, another order { #channels-last }
#
# An image batch has the shape `(N, C, H, W)`, and by default one channel lies in memory after the other. `channels_last` puts the channels of a pixel side by side: shape and indexing stay, and the stride of the channels becomes 1. The numbers below the boxes are the channels. Many convolution kernels read this order faster, above all in half precision on a GPU; whether yours does is to be measured on your model. See [memory](../performance/memory.md#memory-usage) and [timing](../performance/speed.md#timing).
# %% zh="两排 12 个格子，颜色和格子下的数字是通道：默认布局里三个通道各占连续 4 格，channels_last 里三个通道逐格交替。" en="Two rows of 12 boxes, with colors and numbers for the channels: in the default layout each of three channels takes 4 boxes in a row, in channels_last the three channels alternate box by box."
image = torch.arange(12).reshape(1, 3, 2, 2)
last = image.to(memory_format=torch.channels_last)
fig, axes = plt.subplots(2, figsize=(7.2, 2.5))
for ax, t, name in ((axes[0], image, "contiguous"), (axes[1], last, "channels_last")):
    for place, value in enumerate(storage(t)):
        channel = value // 4  # 每个通道有 4 个元素 | each channel has 4 elements
        box(ax, place, value, (f"C{channel}", 0.35), channel, f"C{channel}")
    finish(ax, f"{name}: stride {t.stride()}")
plt.show()
# %% [markdown] lang="zh"
# 另见[转换为 NumPy](../tensors/memory.md#numpy-interop)：数组与张量共用的也是这样一段内存。
# %% [markdown] lang="en"
# See also [NumPy](../tensors/memory.md#numpy-interop): an array and a tensor can share such a run of memory too.
