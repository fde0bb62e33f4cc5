import torch

x = torch.zeros(2, 3)
x.reshape(6)[0] = 1
assert x[0, 0] == 1
x.T.reshape(6)[1] = 2
assert not (x == 2).any()
assert x.view(3, 2).shape == (3, 2)
try:
    x.T.view(6)
except RuntimeError:
    torch.view(x, (6,))
