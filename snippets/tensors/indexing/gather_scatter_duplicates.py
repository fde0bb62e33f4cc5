import torch

idx = torch.tensor([0, 0, 2])

wrong = torch.zeros(3)
wrong[idx] += 1  # 每个位置只加一次 | once per position
right = torch.zeros(3)
right.index_add_(0, idx, torch.ones(3))  # 逐次累加 | every time
print(wrong.tolist(), right.tolist())
#> [1.0, 0.0, 1.0] [2.0, 0.0, 1.0]

# 每组的最大值 | the maximum of each group
values = torch.tensor([-5.0, -3.0, -1.0])
best = torch.full((3,), -torch.inf)
best.scatter_reduce_(0, idx, values, reduce="amax")
print(best.tolist())
#> [-3.0, -inf, -1.0]
