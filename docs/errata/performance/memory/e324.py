import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks


def kept(inplace):
    net = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace), nn.Conv2d(8, 8, 3))
    sizes, alive = {}, []

    def pack(t):
        sizes[t.data_ptr()] = t.nbytes
        alive.append(t)
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        net(torch.randn(16, 8, 16, 16))
    return sum(sizes.values())


assert kept(True) == kept(False)
