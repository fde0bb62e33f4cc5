import torch
import torch.nn.functional as F

# 残差：相加之前 x 已被改写 | residual: x is overwritten before the sum
x = torch.tensor([-1.0, 2.0])
wrong = F.relu(x, inplace=True) + x

x = torch.tensor([-1.0, 2.0])
right = F.relu(x) + x

print(wrong.tolist(), right.tolist())
#> [0.0, 4.0] [-1.0, 4.0]
