import torch

x = torch.zeros(2, 3)

x.view(-1)[0] = 1  # 视图：x 改变 | a view: x changes
x.reshape(-1)[1] = 2  # 这里也是视图 | here a view, too
x.T.reshape(-1)[2] = 3  # 这里是副本：x 不变 | here a copy: x does not
print(x.tolist())
#> [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
