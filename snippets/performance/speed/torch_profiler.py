import torch
from torch import nn
from torch.profiler import profile, record_function, schedule

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
model.to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(32, 64, device=device)

# 跳过 1 步，预热 1 步，记录 3 步 | skips 1 step, warms up for 1, records 3
steps = schedule(wait=1, warmup=1, active=3, repeat=1)
with profile(schedule=steps) as prof:
    for _ in range(8):
        with record_function("forward"):
            loss = model(x).square().mean()
        with record_function("backward"):
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        prof.step()

averages = prof.key_averages()
counts = {event.key: event.count for event in averages}
print("forward" in counts, "backward" in counts)
#> True True
print("aten::linear", counts["aten::linear"])
#> aten::linear 6

# 每行一个算子，按自身耗时排序 | one operator a line, by its own time
table = averages.table(sort_by="self_cpu_time_total", row_limit=10)
print("Self CPU" in table)
#> True
