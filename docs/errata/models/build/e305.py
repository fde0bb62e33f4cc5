import torch
from torch import nn

torch.manual_seed(0)
layers = [nn.Linear(10, 10).double() for i in range(3)]
stack = nn.Sequential(*layers)
a, b, c = (layer.weight for layer in layers)
x = torch.randn(5, 10, dtype=torch.float64)
bias = stack(torch.zeros(10, dtype=torch.float64))
torch.testing.assert_close(stack(x), x @ (c @ b @ a).T + bias)
