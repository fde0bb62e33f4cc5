import torch
from torch import nn


def init_weights(module):
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
    elif isinstance(module, nn.Linear):
        nn.init.xavier_normal_(module.weight)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


torch.manual_seed(0)
conv, norm = nn.Conv2d(3, 64, 3, bias=False), nn.BatchNorm2d(64)
model = nn.Sequential(
    nn.Sequential(conv, norm, nn.ReLU()),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(64, 100),
)
model.apply(init_weights)

# 标准差应为 √(2 / fan_out) | the standard deviation should be √(2 / fan_out)
print(f"{conv.weight.std():.2f}", f"{(2 / (64 * 9)) ** 0.5:.2f}")
#> 0.06 0.06
print(model[-1].bias.count_nonzero().item())
#> 0

# modules() 递归，从模型自身开始；children() 只有一层 | modules() recurses, the model itself first; children() is one level
print(len(list(model.modules())), len(list(model.children())))
#> 8 4
