import torch
from torch import nn

layer = nn.Linear(2, 2)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
held = optimizer.param_groups[0]["params"][0]

with torch.no_grad():
    layer.weight.copy_(values)
print(layer.weight.tolist(), layer.weight is held)
#> [[1.0, 2.0], [3.0, 4.0]] True

# 换成新的 Parameter：优化器仍更新旧的 | a new Parameter: the optimizer keeps updating the old one
layer.weight = nn.Parameter(values)
print(layer.weight is held)
#> False
