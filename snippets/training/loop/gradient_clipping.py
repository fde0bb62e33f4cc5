import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_, get_total_norm

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
model = nn.Linear(4, 1).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(32, 4)
y = 100 * x.sum(dim=1, keepdim=True)
x, y = x.to(device), y.to(device)

for _ in range(3):
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    # 返回裁剪前的总范数 | returns the total norm before clipping
    norm = clip_grad_norm_(
        model.parameters(),
        max_norm=1.0,
        error_if_nonfinite=True,
    )
    optimizer.step()
    clipped = get_total_norm(p.grad for p in model.parameters())
    print(norm.item() > 100, round(clipped.item(), 3))
    #> True 1.0
    #> True 1.0
    #> True 1.0

# 有 inf 或 NaN：报错，梯度原样保留 | inf or NaN: raises and leaves the gradients alone
model.weight.grad[0, 0] = float("inf")
try:
    clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
except RuntimeError as e:
    print("non-finite" in str(e), model.bias.grad.isfinite().item())
    #> True True
