# %% [markdown] lang="zh"
# # 时间花在哪里 { #where-time-goes }
#
# 一个训练步要多久，只是一个数；时间花在哪里，要看时间线。下面的时间线由 `torch.profiler` 的事件画出，在 CPU 上用一个线程测得；最后一幅讲 GPU 的同步，是模拟。数值随机器而变，图的样子不太变。
# %% [markdown] lang="en"
# # Where time goes { #where-time-goes }
#
# How long a training step takes is one number. Where the time goes takes a timeline. Those below are drawn from the events of `torch.profiler`, measured on a CPU with one thread; the last one, about syncs on a GPU, is a simulation. The numbers depend on the machine, the look of the figures hardly does.
# %%
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor

os.environ["KINETO_LOG_LEVEL"] = "99"  # 剖析器不输出日志 | no log from the profiler

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.profiler import profile, record_function

# 没有 GPU，编译时会提示一句 | without a GPU, compiling logs a note
logging.getLogger("torch.utils.cpp_extension").setLevel("ERROR")
torch.set_num_threads(1)
torch.manual_seed(0)


# 最快的一次，受其他进程的干扰最少 | the fastest run is the least disturbed one
def milliseconds(f, n=30):
    f()  # 预热 | warm up
    times = []
    for _ in range(n):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


# 录几次，取最短的一次 | records a few runs, returns the shortest one
def record(f, n=10):
    best = None
    for _ in range(n):
        with profile() as prof:
            f()
        events = prof.events()
        start = min(e.time_range.start for e in events)
        end = max(e.time_range.end for e in events)
        if best is None or end - start < best[0]:
            best = end - start, start, events, prof
    return best
# %% [markdown] lang="zh"
# ## 一个训练步 { #step }
#
# 从上往下是调用层次：第一行是用 `record_function` 标出的三段，往下是它们调用的算子，框的宽度是耗时。先看第一行：反向比前向久，因为每个线性层的反向有两次矩阵乘法（输入的梯度、权重的梯度），前向只有一次；第一层的输入不需要梯度，所以这里是五次对三次。优化器一步由许多小算子组成，窄得这里大多没有画出。蓝色是矩阵乘法（`addmm`、`mm`）。
# %% [markdown] lang="en"
# ## One training step { #step }
#
# From top to bottom, the figure shows who calls whom: the first row holds the three sections named with `record_function`, below are the operators that they call, and the width of a box is its time. Look at the first row first: backward takes longer than forward, for each linear layer has two matrix products there (the gradients of the input and of the weight) and one in forward. The first layer's input needs no gradient, so it is five against three here. A step of the optimizer consists of many small operators, most of them too narrow to be drawn here. Blue are the matrix products (`addmm`, `mm`).
# %% example=true zh="时间线：第一行是前向、反向、优化器三段，下面几行是它们调用的算子；蓝色的矩阵乘法占去前向和反向的大部分。" en="Timeline: the first row shows forward, backward, and optimizer; the rows below show the operators that they call. Matrix products, in blue, take most of forward and backward."
layers = [nn.Linear(512, 512), nn.GELU(), nn.Linear(512, 512), nn.GELU()]
model = nn.Sequential(*layers, nn.Linear(512, 512))
optimizer = torch.optim.AdamW(model.parameters())
inputs, targets = torch.randn(1024, 512), torch.randn(1024, 512)


def step():
    with record_function("forward"):
        loss = nn.functional.mse_loss(model(inputs), targets)
    with record_function("backward"):
        loss.backward()
    with record_function("optimizer"):
        optimizer.step()
        optimizer.zero_grad()


def depth(event):
    return 0 if event.cpu_parent is None else 1 + depth(event.cpu_parent)


step()
step_time, start, events, prof = record(step)
fig, ax = plt.subplots()
for event in events:
    left = (event.time_range.start - start) / 1e3
    duration = (event.time_range.end - event.time_range.start) / 1e3
    row = depth(event)
    if row > 3 or duration < 0.003 * step_time / 1e3:
        continue
    matmul = event.name in ("aten::addmm", "aten::mm")
    color = "C0" if matmul else "C4" if row == 0 else "0.6"
    ax.barh(row, duration, 0.85, left, color=color, alpha=1 if matmul else 0.6)
    if row == 0:
        last = event.name == "optimizer"  # 可能很窄 | it can be narrow
        at, ha = (left + duration, "right") if last else (left + duration / 2, "center")
        ax.text(at, -0.6, event.name, ha=ha, va="bottom")
ax.set(xlim=(0, step_time / 1e3), ylim=(3.6, -1.1), yticks=[])
ax.spines.left.set_visible(False)
ax.grid(False)
ax.set_ylabel("调用层次 | call depth")
ax.set_xlabel("时间（毫秒） | time (ms)")
plt.show()
# %% [markdown] lang="zh"
# ## 按算子汇总 { #operators }
#
# 同一步的事件按算子相加，用的是 self 时间：减去它调用的其他算子，一段时间只算一次。先优化排在最前面的；这里是矩阵乘法，能省时间的是更小的形状、更低的精度或更快的设备，而不是改写其余部分。
# %% [markdown] lang="en"
# ## Summed by operator { #operators }
#
# The events of the same step, added up by operator. It is self time: without the other operators that one calls, so that no moment counts twice. What stands at the top is worth your effort first. Here it is matrix products: smaller shapes, lower precision, or a faster device save time, rewriting the rest does not.
# %% example=true zh="条形图：各算子的 self 时间，矩阵乘法远多于其他算子。" en="Bar chart: self time of each operator; matrix products take far more than all others."
rows = sorted(prof.key_averages(), key=lambda row: row.self_cpu_time_total)[-5:]

fig, ax = plt.subplots(figsize=(7.2, 2.4))
for i, row in enumerate(rows):
    color = "C0" if row.key in ("aten::addmm", "aten::mm") else "0.6"
    ax.barh(i, row.self_cpu_time_total / 1e3, color=color)
ax.set_yticks(range(5), labels=[row.key[:28] for row in rows])
ax.grid(False)
ax.set_xlabel("self 时间（毫秒） | self time (ms)")
plt.show()
# %% [markdown] lang="zh"
# ## eager 与编译 { #compiled }
#
# 逐元素的算子正相反：算得少，读写内存多。eager 模式下，每个算子都把整个张量读一遍、写一遍；`torch.compile` 把它们融合成少数几个循环，中间结果不再写回内存。下图是同一个函数的两条时间线：上面一个算子一个框，下面是一个编译好的区域。
#
# 打印的比值只在这个条件下成立：一个线程，1024 × 1024 的 float32，逐元素的算子，不算第一次调用的编译（几秒到几十秒）。以矩阵乘法为主的模型，或者很小的张量，加速要小得多，甚至没有。
# %% [markdown] lang="en"
# ## Eager and compiled { #compiled }
#
# Elementwise operators are the opposite: little to compute, much memory to read and write. In eager mode, each operator reads and writes a whole tensor. `torch.compile` fuses them into a few loops, and what lies between is no longer written to memory. The figure shows two timelines of one function: above, a box per operator; below, one compiled region.
#
# The printed ratio holds under this condition: one thread, 1024 × 1024 values in float32, elementwise operators, without the compilation in the first call (seconds to tens of seconds). With a model dominated by matrix products, or with tiny tensors, the gain is much smaller, if there is any.
# %% example=true zh="两条时间线：eager 由八个相连的算子框组成，编译后只有一个短得多的框。" en="Two timelines: eager consists of eight operators in a row, compiled is a single, much shorter box."
x = torch.randn(1024, 1024)


def activation(x):  # GELU 的近似式 | an approximation of GELU
    return 0.5 * x * (1 + torch.tanh(0.8 * (x + 0.045 * x**3)))


compiled = torch.compile(activation)
start = time.perf_counter()
compiled(x)
first = time.perf_counter() - start
before, after = (milliseconds(lambda: f(x)) for f in (activation, compiled))
print(f"eager {before:.1f} ms, compiled {after:.1f} ms: {before / after:.1f} ×")
print(f"first call: {first:.1f} s")

fig, ax = plt.subplots(figsize=(7.2, 2))
for row, f in enumerate((activation, compiled)):
    _, start, events, _ = record(lambda: f(x))
    for i, event in enumerate(e for e in events if e.cpu_parent is None):
        left = (event.time_range.start - start) / 1e3
        duration = (event.time_range.end - event.time_range.start) / 1e3
        ax.barh(row, duration, 0.6, left, color=f"C{1 - row}", alpha=1 - 0.4 * (i % 2))
ax.set_yticks([0, 1], labels=["eager", "compiled"])
ax.set(ylim=(1.5, -0.5))
ax.grid(False)
ax.set_xlabel("时间（毫秒） | time (ms)")
plt.show()
# %% [markdown] lang="zh"
# ## 有同步与没有同步 { #syncs }
#
# GPU 异步工作：CPU 把任务放进队列就往下走。这里没有 GPU，用一个线程按顺序处理队列来模拟：启动一个任务要 6 毫秒，任务本身 10 毫秒，都是 `sleep`，所以这是示意，不是 GPU 的实测；真实的启动以微秒计。
#
# 没有同步（上）：CPU 跑在前面，设备一个接一个地算，中间没有空隙，总时间由设备决定。每个任务之后都等一次（下），就像每一步都调用 `.item()`：设备做完了，CPU 才开始准备下一个，这段时间设备空着。这里五个任务的时间之比约为 5 × 16 比 6 + 5 × 10；任务越多，越接近 16 比 10。启动和任务耗时越接近，比值越大，最多两倍；启动比任务还慢时，设备本来就在等 CPU。等待本身不花计算，花的是设备的空闲。
# %% [markdown] lang="en"
# ## With and without syncs { #syncs }
#
# A GPU works asynchronously: the CPU puts a task into a queue and goes on. There is no GPU here, so a thread that works off a queue in order plays its part. A launch takes 6 ms, a task 10 ms, both of them `sleep`, so this is a sketch and no measurement of a GPU; real launches take microseconds.
#
# Without syncs (above), the CPU runs ahead, the device computes one task after the other without a gap, and the device sets the total time. With a wait after each task (below), as with `.item()` in every step, the CPU starts to prepare the next task only when the device is done, and the device idles meanwhile. For these five tasks the times are about 5 × 16 against 6 + 5 × 10 ms; with more tasks the ratio approaches 16 to 10. It is largest, nearly two, where launch and task take equally long; where launches are slower than tasks, the device waits for the CPU anyway. Waiting itself computes nothing; what it costs is the idle time of the device.
# %% example=true zh="两组时间线，各有 CPU 和设备两行。没有同步：CPU 的启动排在前面，设备的任务首尾相接。有同步：设备的任务之间有空隙，总时间更长。" en="Two pairs of timelines, CPU and device. Without syncs, the launches of the CPU come early and the tasks of the device follow each other without gaps. With syncs, there are gaps between the tasks, and the whole takes longer."
device = ThreadPoolExecutor(max_workers=1)


def task(spans):
    start = time.perf_counter()
    time.sleep(0.010)
    spans.append(("device", start, time.perf_counter()))


def launch(n, sync):
    spans = []
    for _ in range(n):
        start = time.perf_counter()
        time.sleep(0.006)
        done = device.submit(task, spans)
        spans.append(("launch", start, time.perf_counter()))
        if sync:
            start = time.perf_counter()
            done.result()
            spans.append(("wait", start, time.perf_counter()))
    done.result()
    return spans


def length(spans):
    return max(s[2] for s in spans) - min(s[1] for s in spans)


fig, axes = plt.subplots(2, figsize=(7.2, 3.6), sharex=True)
titles = ("没有同步 | without syncs", "每个任务之后等待 | a wait after each task")
for ax, sync, title in zip(axes, (False, True), titles):
    spans = min((launch(5, sync) for _ in range(3)), key=length)
    first = min(start for _, start, _ in spans)
    colors = {"launch": "C0", "wait": "0.7", "device": "C1"}
    for kind, start, end in spans:
        row = 1 if kind == "device" else 0
        left, duration = 1e3 * (start - first), 1e3 * (end - start)
        ax.barh(row, duration, 0.6, left, color=colors[kind])
    ax.set_yticks([0, 1], labels=["CPU", "设备 | device"])
    ax.set(ylim=(1.5, -0.5), xlim=(0, 90))
    ax.grid(False)
    ax.set_title(title, loc="left")
    print(f"sync={sync}: {1e3 * length(spans):.0f} ms")
axes[0].text(33, 0, "启动 | launches", color="C0", va="center")
axes[1].text(83, 0, "等待 | wait", color="0.5", va="center")
axes[1].set_xlabel("时间（毫秒） | time (ms)")
plt.show()
# %% [markdown] lang="zh"
# 相关条目：[性能剖析](../performance/speed.md#torch-profiler) · [正确计时](../performance/speed.md#timing) · [减少设备间传输与同步](../performance/speed.md#device-syncs) · [torch.compile 编译加速](../performance/compile.md#torch-compile) · [DataLoader 提速](../data/loading.md#dataloader-speed)
# %% [markdown] lang="en"
# Entries: [Profiling](../performance/speed.md#torch-profiler) · [Timing correctly](../performance/speed.md#timing) · [Fewer transfers and syncs](../performance/speed.md#device-syncs) · [torch.compile](../performance/compile.md#torch-compile) · [Feeding data fast](../data/loading.md#dataloader-speed)
