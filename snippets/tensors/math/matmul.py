import torch

x = torch.rand(2, 3)
w = torch.rand(3, 4)
v = torch.rand(3)
batch = torch.rand(8, 2, 3)
vectors = torch.rand(8, 3)

#[
y = x @ w  # (2, 3) @ (3, 4) -> (2, 4)
u = x @ v  # (2, 3) @ (3,) -> (2,)
ys = batch @ w  # (8, 2, 3) @ (3, 4) -> (8, 2, 4)
gram = batch @ batch.mT  # (8, 2, 3) @ (8, 3, 2) -> (8, 2, 2)
# 每个矩阵乘自己的向量 | each matrix times its own vector
us = (batch @ vectors[:, :, None]).squeeze(-1)  # (8, 2)
#]
print(y.shape, u.shape, us.shape)
#> torch.Size([2, 4]) torch.Size([2]) torch.Size([8, 2])
