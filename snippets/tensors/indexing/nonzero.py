import torch

x = torch.tensor([[0, 5, 0, 0], [7, 0, 9, 0]])

# 坐标，每行一个元素 | coordinates, one element per row
coordinates = torch.nonzero(x)
print(coordinates.tolist())
#> [[0, 1], [1, 0], [1, 2]]

# 用来索引：as_tuple=True，每维一个张量 | to index with: as_tuple=True, one tensor per dimension
index = torch.nonzero(x, as_tuple=True)
values = x[index]
print(values.tolist())
#> [5, 7, 9]

# 只要个数：整体、每行 | only the count: in all, per row
count = torch.count_nonzero(x)
per_row = torch.count_nonzero(x, dim=1)
print(count.item(), per_row.tolist())
#> 3 [1, 2]

# 零元素：先比较 | zero elements: compare first
zeros = torch.nonzero(x == 0)
zero_count = (x == 0).sum()
print(zeros.tolist(), zero_count.item())
#> [[0, 0], [0, 2], [0, 3], [1, 1], [1, 3]] 5
