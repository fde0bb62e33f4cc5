from functools import partial

import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(4, 8),
    nn.ReLU(inplace=True),
    nn.Linear(8, 3),
)
x = torch.randn(2, 4)

#[
features = {}


def save(name, module, args, output):
    features[name] = output.detach().clone()


layer = model.get_submodule("0")  # 嵌套：layer1.0.conv1 | nested: layer1.0.conv1
with layer.register_forward_hook(partial(save, "0")):
    model(x)  # 离开 with 时移除钩子 | leaving the with removes the hook
#]

print(features["0"].shape)
#> torch.Size([2, 8])
