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

# 循环之前建一个 | one, before the loop
scaler = torch.amp.GradScaler(device.type)

for _ in range(20):
    with torch.autocast(device.type, dtype=torch.float16):
        logits = model(inputs)
        loss = loss_fn(logits, targets)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    # 要裁剪，先还原 | unscale before you clip
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)  # 有 inf、NaN 就跳过 | skips inf and NaN
    scaler.update()

print(logits.dtype, loss.dtype)
#> torch.float16 torch.float32
