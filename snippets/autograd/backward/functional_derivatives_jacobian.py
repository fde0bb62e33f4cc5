import torch
from torch import nn
from torch.func import grad, jacrev, vmap

model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(16, 4)

# 逐样本的雅可比：（N，输出，输入） | one Jacobian per sample: (N, out, in)
jacobians = vmap(jacrev(model))(x)
print(tuple(jacobians.shape))
#> (16, 3, 4)


def energy(x):
    return model(x).square().sum()


# 梯度的雅可比就是黑塞 | the Jacobian of the gradient is the Hessian
hessians = vmap(jacrev(grad(energy)))(x)
print(tuple(hessians.shape))
#> (16, 4, 4)
