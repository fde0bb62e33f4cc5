import torch

layer = torch.nn.BatchNorm2d(3)
assert layer.weight.eq(1).all() and layer.bias.eq(0).all()
layer = torch.nn.BatchNorm2d(3, affine=False)
torch.nn.init.constant_(layer.weight, val=1.0)
