import torch

x = torch.tensor([[0, 5, 0, 0], [7, 0, 9, 0]])

#[
coordinates = torch.nonzero(x)  # (count, x.ndim)
index = torch.nonzero(x, as_tuple=True)  # 用来索引 | to index with
values = x[x != 0]  # 等于 x[index] | the same as x[index]
count = torch.count_nonzero(x)
per_row = torch.count_nonzero(x, dim=1)
zeros = torch.nonzero(x == 0)  # 零元素的坐标 | where the zeros are
#]
print(coordinates.tolist())
#> [[0, 1], [1, 0], [1, 2]]
print(values.tolist(), x[index].tolist())
#> [5, 7, 9] [5, 7, 9]
print(count.item(), per_row.tolist())
#> 3 [1, 2]
