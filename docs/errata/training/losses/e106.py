import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 3))
ce = loss = F.cross_entropy(model(torch.randn(32, 8)), torch.randint(3, (32,)))
number = loss.item()
for param in model.parameters():
    loss += torch.sum(torch.abs(param))
assert model[1].weight.abs().sum() == 16
assert ce is loss and ce.item() > 10 * number
