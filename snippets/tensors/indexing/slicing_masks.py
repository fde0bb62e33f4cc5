import torch

scores = torch.tensor([[1, 7, 2], [8, 3, 4]])
labels = torch.tensor([1, 0])

# 每行取一个：(0, 1)、(1, 0) | one per row: (0, 1), (1, 0)
n = torch.arange(len(labels), device=labels.device)
print(scores[n, labels].tolist())
#> [7, 8]

# 行 0、1 与列 0、2 的全部组合 | all of rows 0 and 1 with columns 0 and 2
rows, cols = torch.tensor([0, 1]), torch.tensor([0, 2])
print(scores[rows[:, None], cols].tolist())
#> [[1, 2], [8, 4]]

# 组合条件用 &、|、~，各加括号 | combine conditions with &, |, ~, each in parentheses
print(scores[(scores > 1) & (scores < 7)].tolist())
#> [2, 3, 4]

# 整行：一维的掩码 | whole rows: a mask with one dimension
print(scores[scores[:, 0] > 5].tolist())
#> [[8, 3, 4]]
