import torch

x = torch.tensor([1, 2, 3])
counts = torch.tensor([2, 0, 1])

#[
tiled = x.repeat(2)  # 整体重复，即 np.tile | the whole: np.tile
each = x.repeat_interleave(2)  # 逐个重复，即 np.repeat | each: np.repeat
some = x.repeat_interleave(counts)  # 各重复几次 | each its own count
rows = x.repeat(2, 1)  # 重复成 2 行 | as 2 rows: (2, 3)
shared = x.expand(2, -1)  # 也是 2 行，不复制 | 2 rows, no copy
#]
print(tiled.tolist(), each.tolist(), some.tolist())
#> [1, 2, 3, 1, 2, 3] [1, 1, 2, 2, 3, 3] [1, 1, 3]
print(rows.tolist(), shared.tolist())
#> [[1, 2, 3], [1, 2, 3]] [[1, 2, 3], [1, 2, 3]]
