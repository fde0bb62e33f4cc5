import torch
from torch import nn

dropout, norm = nn.Dropout(p=0.75), nn.BatchNorm1d(1)
model = nn.ModuleList([dropout, norm])
ones = torch.ones(1000)
x = torch.tensor([[10.0], [30.0]])

model.train()
# p 是丢弃的概率，留下的乘以 1 / (1 - p) | p is the share dropped, the rest is scaled by 1 / (1 - p)
print(dropout(ones).unique().tolist())
#> [0.0, 4.0]
# 用批次统计量，并更新滑动统计量 | batch statistics, updates the running ones
norm(x)
print(norm.running_mean.tolist())
#> [2.0]

model.eval()
print(dropout(ones).unique().tolist())  # 不丢弃 | drops nothing
#> [1.0]
# 用滑动统计量，不更新；梯度照算 | running statistics, kept; gradients flow
y = norm(x)
print(norm.running_mean.tolist(), y.requires_grad)
#> [2.0] True
