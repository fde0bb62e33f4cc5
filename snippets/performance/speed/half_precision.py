import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
model.to(device)
optimizer = torch.optim.AdamW(model.parameters())
loss_fn = nn.CrossEntropyLoss()
inputs = torch.randn(64, 16, device=device)
targets = torch.randint(4, (64,), device=device)

#[
# 只包住前向和损失 | around forward and loss only
with torch.autocast(device.type, dtype=torch.bfloat16):
    logits = model(inputs)
    loss = loss_fn(logits, targets)
optimizer.zero_grad()
loss.backward()
optimizer.step()
#]

weight = model[0].weight
print(logits.dtype, loss.dtype, weight.dtype, weight.grad.dtype)
#> torch.bfloat16 torch.float32 torch.float32 torch.float32
