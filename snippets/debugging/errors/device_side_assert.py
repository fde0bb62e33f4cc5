import torch
import torch.nn.functional as F
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(4, 3).to(device)
x = torch.randn(8, 4, device=device)
y = torch.tensor([0, 1, 2, 3, 0, 1, 2, -100], device=device)

#[
logits = model(x)
wrong = (y < 0) | (y >= logits.shape[1])
wrong &= y != -100  # ignore_index
if wrong.any():
    print(f"{logits.shape[1]} classes, labels {y[wrong].tolist()}")
    #> 3 classes, labels [3]
#]

y[wrong] = -100  # 找到来源之前先忽略 | ignored until the cause is found
loss = F.cross_entropy(logits, y)
print(loss.isfinite().item())
#> True
