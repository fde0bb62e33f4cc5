import copy

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(10, 10)

    def forward(self, x):
        self.x = self.linear(x)
        return self.x


model = Net()
with torch.no_grad():
    model(torch.rand(2, 10))
copy.deepcopy(model)
model(torch.rand(2, 10))
assert model.x.grad_fn is not None
copy.deepcopy(model)
