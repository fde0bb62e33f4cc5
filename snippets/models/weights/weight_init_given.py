import torch
from torch import nn

layer = nn.Linear(2, 2)
values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])

with torch.no_grad():
    layer.weight.copy_(values)

print(layer.weight.tolist(), layer.weight.requires_grad)
#> [[1.0, 2.0], [3.0, 4.0]] True
