import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(10, 20), nn.Linear(20, 30), nn.Linear(30, 50)])
        self.trace = []

    def forward(self, x):
        for layer in self.linears:
            x = layer(x)
            self.trace.append(x)
        return x


model, a, b = Net(), torch.rand(4, 10), torch.rand(4, 10)
model(a)
model(b)
assert len(model.trace) == 6
assert torch.equal(model.trace[0], model.linears[0](a))
assert all(t.grad_fn is not None for t in model.trace)
