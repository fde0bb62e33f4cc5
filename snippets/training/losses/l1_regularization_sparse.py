import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
x = torch.randn(200, 10)
y = 3 * x[:, :1] - 2 * x[:, 1:2]  # 只用两个特征 | uses two features
model = nn.Linear(10, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
l1_lambda = 0.1

for _ in range(100):
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
    # 向 0 收缩 lr·λ，到 0 为止 | shrink by lr·λ, stop at 0
    lr = optimizer.param_groups[0]["lr"]
    with torch.no_grad():
        w = model.weight
        w.copy_(F.softshrink(w, lr * l1_lambda))

print((model.weight == 0).sum().item())
#> 8
