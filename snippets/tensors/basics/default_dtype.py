import torch
from torch import nn

print(torch.get_default_dtype())
#> torch.float32

torch.set_default_dtype(torch.float64)
try:
    x = torch.tensor([1.0, 2.0])
    layer = nn.Linear(2, 1)
    print(x.dtype, layer.weight.dtype, layer(x).dtype)
    #> torch.float64 torch.float64 torch.float64
    # 整数不变，由整数算出的浮点数会变 | integers do not change, floats computed from them do
    ints = torch.tensor([1, 2])
    ratio = ints / 2
    print(ints.dtype, ratio.dtype)
    #> torch.int64 torch.float64
finally:
    # 全局设置：用完恢复 | a global setting: put it back
    torch.set_default_dtype(torch.float32)

# 已有张量保持原样 | existing tensors stay as they are
print(x.dtype, torch.zeros(1).dtype)
#> torch.float64 torch.float32
