import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))
x, grads = torch.randn(8, 2) + 3, []
for mode in (True, False):
    model.train(mode)
    model.zero_grad()
    model(x).square().sum().backward()
    grads.append(model[1].weight.grad)
assert not torch.allclose(*grads)
