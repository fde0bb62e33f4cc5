import torch

x = torch.arange(12).reshape(3, 4)

#[
first = x[0]  # (4,)：第一行 | (4,): the first row
last = x[:, -1]  # (3,)：整数去掉该维 | (3,): an integer drops the dimension
kept = x[:, -1:]  # (3, 1)：切片保留 | (3, 1): a slice keeps it
part = x[:2, 1:]  # 行 0、1，列从 1 起 | rows 0 and 1, columns from 1
even = x[:, ::2]  # 列 0、2：隔一个取一个 | columns 0 and 2: every other one
rows = x[[2, 0, 0]]  # 按位置，可重复 | by position, repeats allowed
large = x[x > 8]  # 按条件，排成一维 | by condition, in one dimension
#]
print(part.tolist(), even.tolist())
#> [[1, 2, 3], [5, 6, 7]] [[0, 2], [4, 6], [8, 10]]
print(rows.tolist(), large.tolist())
#> [[8, 9, 10, 11], [0, 1, 2, 3], [0, 1, 2, 3]] [9, 10, 11]

#[
x[x < 3] = 0  # 给选中的元素赋值 | assigns to the selected elements
#]
print(x.tolist())
#> [[0, 0, 0, 3], [4, 5, 6, 7], [8, 9, 10, 11]]

images = torch.rand(4, 3, 28, 28)  # (N, C, H, W)
print(images[0, 0].shape, images[:, :, ::2, ::2].shape)
#> torch.Size([28, 28]) torch.Size([4, 3, 14, 14])
print(images[..., 0].shape, images[:, None].shape)
#> torch.Size([4, 3, 28]) torch.Size([4, 1, 3, 28, 28])
