from contextlib import ExitStack

import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(10, 20),
    nn.ReLU(inplace=True),
    nn.Linear(20, 5),
)
features = {}


def save_as(name):
    def hook(module, args, output):
        # 后面的原地 ReLU 会改写 output | the in-place ReLU after it overwrites output
        features[name] = output.detach().clone()

    return hook


with ExitStack() as hooks:  # 离开 with 时移除钩子 | leaving it removes the hooks
    for name in ("0", "2"):
        layer = model.get_submodule(name)
        hooks.enter_context(layer.register_forward_hook(save_as(name)))
    model(torch.randn(32, 10))

print({name: tuple(output.shape) for name, output in features.items()})
#> {'0': (32, 20), '2': (32, 5)}
print(features["0"].min().item() < 0)
#> True
