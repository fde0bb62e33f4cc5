import torch
from torch import nn


class Scale(nn.Module):
    def forward(self, x):
        # 换成 if x.amax() > 1 就不能导出 | with an if on x.amax(), export fails
        return torch.where(x.amax() > 1, x / x.amax(), x)


program = torch.export.export(Scale(), (torch.rand(4),))
print(program.module()(torch.tensor([1.0, 2.0, 3.0, 4.0])))
#> tensor([0.2500, 0.5000, 0.7500, 1.0000])
