from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn


def block(inputs, outputs):
    layers = OrderedDict(
        conv=nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        norm=nn.BatchNorm2d(outputs),
        act=nn.ReLU(),
    )
    return nn.Sequential(layers)


class Net(nn.Module):
    def __init__(self, widths, classes):
        super().__init__()
        blocks = [block(m, n) for m, n in pairwise(widths)]
        self.features = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x):
        return self.head(self.features(x).mean(dim=(2, 3)))


model = Net(widths=[3, 8, 16], classes=10)
images = torch.rand(2, 3, 8, 8)
print(tuple(model(images).shape))
#> (2, 10)

# 按索引、按名字取层，切片仍是 Sequential | by index, by name; a slice is a Sequential again
conv = model.features[1].conv
first = model.features[:1]
print(tuple(conv.weight.shape), tuple(first(images).shape))
#> (16, 8, 3, 3) (2, 8, 8, 8)
