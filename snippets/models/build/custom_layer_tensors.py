import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.register_buffer("mean", torch.zeros(4))
        table = torch.linspace(0, 1, 4)  # 可以重算 | can be recomputed
        self.register_buffer("table", table, persistent=False)
        self.plain = torch.zeros(4)  # 没有注册 | not registered


layer = Layer().to(torch.float64)
print("trained:", [n for n, _ in layer.named_parameters()])
#> trained: ['scale']
print("saved:  ", list(layer.state_dict()))
#> saved:   ['scale', 'mean']
print("moved:  ", layer.mean.dtype, layer.table.dtype)
#> moved:   torch.float64 torch.float64
print("left:   ", layer.plain.dtype)
#> left:    torch.float32
