import torch
from torch import nn

torch.manual_seed(0)
relu = nn.ReLU()
model = nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu)
rebuilt = nn.Sequential(*list(model.children()))
assert len(model) == 4 and len(rebuilt) == 3
x = torch.randn(64, 2)
assert not torch.equal(model(x), rebuilt(x))
