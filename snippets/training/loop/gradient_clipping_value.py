import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

p = nn.Parameter(torch.zeros(2))

p.grad = torch.tensor([3.0, 4.0])
norm = clip_grad_norm_([p], max_norm=1.0)  # 方向不变 | keeps the direction
print(norm, p.grad)
#> tensor(5.) tensor([0.6000, 0.8000])

p.grad = torch.tensor([3.0, 4.0])
clip_grad_value_([p], clip_value=1.0)  # 逐个截断 | clamps each element
print(p.grad)
#> tensor([1., 1.])
