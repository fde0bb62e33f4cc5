import torch
import torch.nn.functional as F
from torch import nn

x = -torch.ones(100)
assert not list(nn.MaxPool2d(2).parameters()) and list(nn.PReLU().parameters())
assert F.rrelu(x).unique().numel() == 1 and nn.RReLU()(x).unique().numel() > 1
assert not {name.lower() for name in dir(F)} & {"lstm", "gru", "rnn"}
F.prelu(x)
