# %% [markdown] lang="zh"
# # 内存布局：形状、步长与视图 { #memory-layout }
#
# 张量是一段连续内存加上三个数字：从哪里开始，每一维多长，每一维走一步要跨过几个元素（步长）。视图共用同一段内存，只换这三个数字。下面的格子就是内存，格子里写着元素的值。
# %% [markdown] lang="en"
# # Memory layout: shape, stride, and views { #memory-layout }
#
# A tensor is a run of memory and three numbers: where it starts, how long each dimension is, and how many elements one step along it skips (the stride). A view shares the memory and changes these numbers alone. The boxes below are that memory, with the elements' values in them.
# %%
import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle


def memory(ax, x, title):
    """Draw the storage of x; the elements of x are filled, in the order x reads them."""
    values = torch.empty(0, dtype=x.dtype).set_(x.untyped_storage())
    index = torch.arange(len(values)).as_strided(x.shape, x.stride(), x.storage_offset())
    order = {}
    for step, place in enumerate(index.flatten().tolist()):
        order.setdefault(place, []).append(step)
    for place, value in enumerate(values.tolist()):
        steps = order.get(place, [])
        shade = 0.15 + 0.55 * steps[0] / x.numel() if steps else 0
        ax.add_patch(Rectangle((place, 0), 1, 1, fc="C0", alpha=shade, lw=0))
        ax.add_patch(Rectangle((place, 0), 1, 1, fc="none", ec="0.5", lw=0.8))
        ax.text(place + 0.5, 0.5, int(value), ha="center", va="center", fontsize=10)
        if steps:
            label = ",".join(map(str, steps[:3])) + ("…" if len(steps) > 3 else "")
            ax.text(place + 0.5, -0.45, label, ha="center", va="center", fontsize=9, color="C1")
    meta = f"shape {tuple(x.shape)} · stride {x.stride()} · offset {x.storage_offset()}"
    ax.set_title(f"{title} · {meta}", loc="left", fontsize=10)
    ax.set(xlim=(-0.1, len(values) + 0.1), ylim=(-0.8, 1.1))
    ax.axis("off")


x = torch.arange(12).reshape(3, 4)
# %% [markdown] lang="zh"
# ## 视图只换数字 { #views }
#
# 橙色的数字是读取的次序，颜色越深读得越晚。转置、切片、取一列，内存都没有动：转置交换两个步长，切片改起点，隔一个取一个把步长翻倍。因此改视图就改了原张量；转置之后按次序读内存要跳着走，`view` 会拒绝，`reshape` 会复制。见[张量变形](../tensors/shape.md#reshape)和[连续与步长](../tensors/shape.md#contiguous)。
# %% [markdown] lang="en"
# ## A view changes the numbers alone { #views }
#
# The orange numbers are the order of reading; what is read later is darker. To transpose, to slice, or to take a column, nothing moves in memory: a transpose swaps two strides, a slice moves the start, every other column doubles a stride. So a write to a view is a write to the original. After a transpose, reading in order means jumping through memory: `view` refuses to flatten it, and `reshape` copies. See [Reshaping](../tensors/shape.md#reshape) and [Contiguity](../tensors/shape.md#contiguous).
# %% zh="五排各 12 个格子的同一段内存：原张量从左到右依次读；转置隔 4 个一跳；切片 1: 从第 4 格开始；隔列只读偶数格；一列只读 3 个格子。" en="Five rows of the same 12 boxes of memory: the original is read from left to right, the transpose in jumps of 4, the slice 1: from box 4 on, every other column takes even boxes only, and one column takes three boxes."
views = {
    "x": x,
    "x.T": x.T,
    "x[1:]": x[1:],
    "x[:, ::2]": x[:, ::2],
    "x[:, 1]": x[:, 1],
}
assert all(v.untyped_storage().data_ptr() == x.untyped_storage().data_ptr() for v in views.values())
fig, axes = plt.subplots(len(views), figsize=(7.2, 5.4))
for ax, (name, view) in zip(axes, views.items()):
    memory(ax, view, name)
plt.show()
# %% [markdown] lang="zh"
# ## 步长为 0：expand { #expand }
#
# `expand` 不复制：步长 0 让每一行都读同样的格子，4 行的张量只占 3 个元素。所以往里写会报错或改到所有行；`repeat` 复制，占 12 个。见[扩展](../tensors/shape.md#expand)和[重复](../tensors/shape.md#repeat-interleave)。
# %% [markdown] lang="en"
# ## Stride 0: expand { #expand }
#
# `expand` copies nothing: with stride 0, every row reads the same boxes, and a tensor of 4 rows takes 3 elements. A write to it raises an error or changes all rows. `repeat` copies, and takes 12. See [Expanding](../tensors/shape.md#expand) and [Repeating](../tensors/shape.md#repeat-interleave).
# %% zh="两排格子：expand 的 4×3 张量只有 3 个格子，每个格子被读 4 次；repeat 的有 12 个格子，各读一次。" en="Two rows of boxes: the 4×3 tensor from expand has 3 boxes, each read 4 times; the one from repeat has 12, each read once."
row = torch.arange(3)
fig, axes = plt.subplots(2, figsize=(7.2, 2.3))
memory(axes[0], row.expand(4, 3), "row.expand(4, 3)")
memory(axes[1], row.repeat(4, 1), "row.repeat(4, 1)")
for ax in axes:
    ax.set_xlim(-0.1, 12.1)
plt.show()
# %% [markdown] lang="zh"
# ## contiguous 真的搬动 { #contiguous }
#
# `x.T` 只换步长；`x.T.contiguous()` 按转置后的次序写出一段新内存，之后按次序读就不再跳。对已经连续的张量，`contiguous()` 返回它自己，不复制。
# %% [markdown] lang="en"
# ## contiguous really moves { #contiguous }
#
# `x.T` swaps strides; `x.T.contiguous()` writes a new run of memory in the order of the transpose, and reading in order jumps no more. On a tensor that is contiguous already, `contiguous()` returns it as it is, without a copy.
# %% zh="两排格子：x.T 的值按 0 到 11 排列，读的次序跳跃；contiguous 之后值按转置的次序排列，读的次序是 0 到 11。" en="Two rows of boxes: in x.T the values lie from 0 to 11 and are read in jumps; after contiguous the values lie in the order of the transpose and are read from left to right."
fig, axes = plt.subplots(2, figsize=(7.2, 2.3))
memory(axes[0], x.T, "x.T")
memory(axes[1], x.T.contiguous(), "x.T.contiguous()")
plt.show()
print(x.contiguous() is x, x.T.is_contiguous(), x.T.contiguous().data_ptr() == x.data_ptr())
# %% [markdown] lang="zh"
# ## channels_last：形状不变，内存换序 { #channels-last }
#
# 图像的形状写作 `(N, C, H, W)`，默认先放完一个通道再放下一个。`channels_last` 把同一像素的各通道放在一起：形状和索引照旧，步长变成通道最小。许多卷积内核按这个次序读得更快，尤其是 GPU 上的半精度；是否更快要在自己的模型上量。见[显存](../performance/memory.md#memory-usage)和[计时](../performance/speed.md#timing)。
# %% [markdown] lang="en"
# ## channels_last: the same shape, another order { #channels-last }
#
# An image batch has the shape `(N, C, H, W)`, and by default one channel lies in memory after the other. `channels_last` puts the channels of a pixel side by side: shape and indexing stay, and the channel gets the smallest stride. Many convolution kernels read this order faster, above all in half precision on a GPU; whether yours does is to be measured on your model. See [memory](../performance/memory.md#memory-usage) and [timing](../performance/speed.md#timing).
# %% zh="两排 12 个格子，颜色是通道：默认布局里三个通道各占连续 4 格，channels_last 里三种颜色逐格交替。" en="Two rows of 12 boxes, coloured by channel: in the default layout each of three channels takes 4 boxes in a row, in channels_last the three colours alternate box by box."
image = torch.arange(12).reshape(1, 3, 2, 2)
last = image.to(memory_format=torch.channels_last)
fig, axes = plt.subplots(2, figsize=(7.2, 2.5))
for ax, t, name in ((axes[0], image, "contiguous"), (axes[1], last, "channels_last")):
    values = torch.empty(0, dtype=t.dtype).set_(t.untyped_storage())
    for place, value in enumerate(values.tolist()):
        channel = value // 4  # 建的时候每通道 4 个元素 | made with 4 elements a channel
        ax.add_patch(Rectangle((place, 0), 1, 1, fc=f"C{channel}", alpha=0.35, lw=0))
        ax.add_patch(Rectangle((place, 0), 1, 1, fc="none", ec="0.5", lw=0.8))
        ax.text(place + 0.5, 0.5, value, ha="center", va="center", fontsize=10)
        text = f"通道 {channel} | channel {channel}"
        if place == 0 or (name == "contiguous" and place % 4 == 0) or (place < 3 and t is last):
            shown = text if name == "contiguous" else str(channel)
            ax.text(place + 0.5, -0.4, shown, ha="center", fontsize=9, color=f"C{channel}")
    ax.set_title(f"{name} · stride {t.stride()}", loc="left", fontsize=10)
    ax.set(xlim=(-0.1, 12.1), ylim=(-0.8, 1.1))
    ax.axis("off")
plt.show()
# %% [markdown] lang="zh"
# 另见[转换为 NumPy](../tensors/memory.md#numpy-interop)：数组与张量共用的也是这样一段内存。
# %% [markdown] lang="en"
# See also [NumPy](../tensors/memory.md#numpy-interop): an array and a tensor can share such a run of memory too.
