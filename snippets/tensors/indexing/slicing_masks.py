import torch

x = torch.arange(12).reshape(3, 4)

# 布尔掩码：选中的元素排成一维 | boolean mask: the selected elements, in one dimension
multiples = x[x % 3 == 0]
print(multiples.tolist())
#> [0, 3, 6, 9]

# 索引张量：顺序任意，可重复 | index tensors: any order, repeats allowed
rows, cols = torch.tensor([2, 0, 0]), torch.tensor([1, 2, 3])
whole_rows = x[rows]
elements = x[rows, cols]  # (2, 1) (0, 2) (0, 3)
print(whole_rows.shape, elements.tolist())
#> torch.Size([3, 4]) [9, 2, 3]

# 切片是视图，掩码和索引张量得到副本 | a slice is a view, masks and index tensors copy
view, masked = x[2:], x[x > 10]
x[2, 3] = -1
print(view[0, 3].item(), masked[0].item(), whole_rows[0, 3].item())
#> -1 11 11

# 给选中的元素赋值，写进原张量 | assigning to a selection writes to the original
x[x < 6] = 0
print(x.tolist())
#> [[0, 0, 0, 0], [0, 0, 6, 7], [8, 9, 10, 0]]
