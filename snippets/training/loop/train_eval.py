import torch
from torch import nn

norm, dropout = nn.BatchNorm1d(2), nn.Dropout(p=0.75)
model = nn.Sequential(norm, nn.Linear(2, 8), dropout, nn.Linear(8, 1))
x = torch.tensor([[10.0, 30.0], [30.0, 50.0]])
ones = torch.ones(100_000)

# p 是丢弃的概率，留下的乘以 1 / (1 - p) | p is the share dropped; the rest is scaled by 1 / (1 - p)
model.train()
y = dropout(ones)
print(round((y > 0).float().mean().item(), 2), y.max().item())
#> 0.25 4.0

# 用批次统计量归一化，并更新滑动统计量 | normalizes by batch statistics, updates the running ones
model(x)
print(norm.running_mean.tolist())
#> [2.0, 4.0]

# 不丢弃；滑动统计量用来归一化，不再更新 | nothing is dropped; running statistics are used, not updated
model.eval()
loss = model(x).sum()
print(torch.equal(dropout(ones), ones), norm.running_mean.tolist())
#> True [2.0, 4.0]

# 梯度照样计算 | gradients still flow
loss.backward()
print(all(p.grad is not None for p in model.parameters()))
#> True
