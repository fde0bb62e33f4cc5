import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Linear(4, 8), nn.Linear(8, 16), nn.Linear(16, 3)]
        )

    def forward(self, x):
        outputs = []  # 局部变量，每次调用都是新的 | local: new on every call
        for layer in self.layers:
            x = layer(x).relu()
            outputs.append(x)
        return x, outputs


model = Net()
y, outputs = model(torch.randn(2, 4))
print([tuple(output.shape) for output in outputs])
#> [(2, 8), (2, 16), (2, 3)]
