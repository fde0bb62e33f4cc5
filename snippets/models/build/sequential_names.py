from collections import OrderedDict

from torch import nn


def conv_block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


layers = OrderedDict(
    stem=conv_block(3, 16),
    body=nn.Sequential(*[conv_block(16, 16) for _ in range(3)]),
    pool=nn.AdaptiveAvgPool2d(1),
    flatten=nn.Flatten(),
    head=nn.Linear(16, 10),
)
model = nn.Sequential(layers)
print(model.head)
#> Linear(in_features=16, out_features=10, bias=True)
print(list(model.state_dict())[-2:])
#> ['head.weight', 'head.bias']
