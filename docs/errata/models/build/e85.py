import torch
from torch import nn


class net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linears = nn.Sequential(nn.Linear(10, 10))

    def forward(self, x):
        self.x = self.linears(x)
        return x


class WithoutReturn(nn.Module):
    def forward(self, x):
        x = torch.nn.functional.dropout(x, p=0.5, training=self.training)


assert WithoutReturn()(torch.ones(2)) is None
x = torch.rand(2, 10)
y = net()(x)
assert y is x
raised = ""
try:
    y.sum().backward()
except RuntimeError as error:
    raised = str(error)
assert raised.startswith("element 0 of tensors does not require grad")
