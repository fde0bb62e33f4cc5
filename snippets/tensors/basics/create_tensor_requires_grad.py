import torch
from torch import nn

x = torch.zeros(3)
w = torch.zeros(3, requires_grad=True)
print(x.requires_grad, w.requires_grad)
#> False True

# 参数默认需要梯度，缓冲区（buffer）不需要 | parameters require gradients by default, buffers do not
norm = nn.BatchNorm1d(3)
print([p.requires_grad for p in norm.parameters()])
#> [True, True]
print([b.requires_grad for b in norm.buffers()])
#> [False, False, False]
