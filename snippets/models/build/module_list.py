import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        layers = [nn.Linear(width, width) for _ in range(depth)]
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = x + layer(x).relu()
        return x


model = Residual(width=8, depth=3)
print(tuple(model(torch.rand(2, 8)).shape))
#> (2, 8)
print(len(list(model.parameters())), list(model.state_dict())[:2])
#> 6 ['layers.0.weight', 'layers.0.bias']

# 普通列表：里面的层没有注册 | a plain list: its layers are not registered
plain = nn.Module()
plain.layers = [nn.Linear(8, 8) for _ in range(3)]
print(len(list(plain.parameters())))
#> 0
