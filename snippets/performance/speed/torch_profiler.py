import torch
from torch import nn
from torch.profiler import profile, record_function, schedule

model = nn.Sequential(
    nn.Linear(512, 2048, bias=False),
    nn.ReLU(),
    nn.Linear(2048, 512, bias=False),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.MSELoss()
device = next(model.parameters()).device
loader = [(torch.randn(256, 512), torch.randn(256, 512))] * 5


def train_step(inputs, targets):
    with record_function("forward"):
        loss = loss_fn(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


#[
# 跳过 1 步，预热 1 步，记录 3 步 | skip 1 step, warm up 1, record 3
steps = schedule(wait=1, warmup=1, active=3, repeat=1)
with profile(schedule=steps) as prof:
    for inputs, targets in loader:
        train_step(inputs.to(device), targets.to(device))
        prof.step()
# 有 GPU 就按 GPU 上的耗时排序 | by time on the GPU if there is one
kind = "cpu" if device.type == "cpu" else "device"
rows = prof.key_averages()
print(rows.table(sort_by=f"self_{kind}_time_total", row_limit=3))
#]
#~ --------------------  ------------  ------------  …  ------------
#~                 Name    Self CPU %      Self CPU  …    # of Calls
#~ --------------------  ------------  ------------  …  ------------
#~             aten::mm        73.59%     247.869ms  …            15
#~ …
#~ …
#~ --------------------  ------------  ------------  …  ------------
#~ Self CPU time total: 336.834ms
#~
