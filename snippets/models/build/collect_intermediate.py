import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Linear(10, 20), nn.Linear(20, 30), nn.Linear(30, 50)]
        )

    def forward(self, x):
        outputs = []  # 局部变量，每次调用都是新的 | local: a new one on every call
        for layer in self.layers:
            x = layer(x).relu()
            outputs.append(x)
        return x, outputs


model = Net()
y, outputs = model(torch.randn(32, 10))
print([tuple(output.shape) for output in outputs])
#> [(32, 20), (32, 30), (32, 50)]
