import torch

x = torch.rand(2, 3)
w = torch.rand(3, 4)
batch = torch.rand(8, 2, 3)
vectors = torch.rand(8, 3)

y = x @ w  # (2, 3) @ (3, 4)
ys = batch @ w  # (8, 2, 3) @ (3, 4)
gram = batch @ batch.mT  # (8, 2, 3) @ (8, 3, 2)

# 每个矩阵乘自己的向量 | each matrix times its own vector
products = (batch @ vectors[:, :, None]).squeeze(-1)

# 逐元素相乘 | element-wise product
squares = x * x

for result in (y, ys, gram, products, squares):
    print(tuple(result.shape))
    #> (2, 4)
    #> (8, 2, 4)
    #> (8, 2, 2)
    #> (8, 2)
    #> (2, 3)
