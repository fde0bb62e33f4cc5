import torch
from torch import nn


class ResidualMLP(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        #[
        self.layers = nn.ModuleList(
            nn.Linear(dim, dim) for _ in range(depth)
        )
        #]

    def forward(self, x):
        #[
        for layer in self.layers:
            x = x + layer(x).relu()
        #]
        return x


model = ResidualMLP(dim=8, depth=3)
print(model(torch.rand(2, 8)).shape)
#> torch.Size([2, 8])
print(list(model.state_dict())[:2])
#> ['layers.0.weight', 'layers.0.bias']
