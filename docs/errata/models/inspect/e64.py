from torch import nn

params = list(nn.Linear(2, 2).named_parameters())
assert all(p.grad is None for _, p in params)
params[28]
