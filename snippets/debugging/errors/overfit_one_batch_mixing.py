import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
model.eval()

x = torch.randn(8, 4, requires_grad=True)
model(x)[0].sum().backward()
others = x.grad[1:]
print(others.any().item())  # 样本之间没有混在一起 | no sample is mixed in
#> False
