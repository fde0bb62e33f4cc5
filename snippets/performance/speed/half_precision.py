import torch
import torch.nn.functional as F
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
dtype = torch.bfloat16

torch.manual_seed(0)
x = torch.randn(64, 16, device=device)
y = torch.randint(4, (64,), device=device)
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
model.to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
# 只有 float16 需要放大损失 | only float16 needs its loss scaled
fp16 = dtype == torch.float16
scaler = torch.amp.GradScaler(device.type, enabled=fp16)

for _ in range(20):
    # 只包住前向和损失，反向放在外面 | around forward and loss only, not around backward
    with torch.autocast(device.type, dtype=dtype):
        logits = model(x)
        loss = F.cross_entropy(logits, y)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()

print(logits.dtype, loss.dtype)
#> torch.bfloat16 torch.float32
print({p.dtype for p in model.parameters()})
#> {torch.float32}
print({p.grad.dtype for p in model.parameters()})
#> {torch.float32}
