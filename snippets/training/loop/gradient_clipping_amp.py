import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(2, 1, bias=False).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler(device.type, init_scale=1024.0)
x = torch.tensor([[3.0, 4.0]], device=device)

with torch.autocast(device.type, dtype=torch.float16):
    loss = model(x).sum()

optimizer.zero_grad()
scaler.scale(loss).backward()
print(model.weight.grad.norm().item())  # 1024 倍 | 1024 times
#> 5120.0
scaler.unscale_(optimizer)
norm = clip_grad_norm_(model.parameters(), max_norm=1.0)
print(norm.item())
#> 5.0
scaler.step(optimizer)
scaler.update()
