import torch
from torch import nn

#[
torch.set_default_dtype(torch.float64)  # 程序开头 | at program start
#]

x = torch.tensor([1.0, 2.0])
layer = nn.Linear(2, 1)
print(x.dtype, torch.zeros(2).dtype, layer.weight.dtype)
#> torch.float64 torch.float64 torch.float64

# 整数不变，由整数算出的浮点数会变 | integers do not change, floats computed from them do
ints = torch.tensor([1, 2])
print(ints.dtype, (ints / 2).dtype)
#> torch.int64 torch.float64
