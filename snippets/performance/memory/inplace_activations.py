import torch
from torch import nn

#[
block = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(inplace=True),  # 写进它的输入 | overwrites its input
)
#]
y = block(torch.randn(8, 3, 32, 32))
y.mean().backward()

# 返回的就是输入本身 | what comes back is the input itself
h = torch.tensor([-1.0, 2.0])
out = nn.ReLU(inplace=True)(h)
print(out is h, h.tolist())
#> True [0.0, 2.0]
