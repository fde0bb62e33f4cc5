import torch
from torch import nn


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    covered = dilation * (kernel - 1) + 1
    return (size + 2 * padding - covered) // stride + 1


images = torch.rand(1, 3, 224, 224)
conv = nn.Conv2d(3, 64, 7, stride=2, padding=3)
print(conv(images).shape, output_size(224, 7, 2, 3))
#> torch.Size([1, 64, 112, 112]) 112
