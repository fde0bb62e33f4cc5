import torch

scores = torch.tensor([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]])  # (N, C)
labels = torch.tensor([1, 0])  # (N,)
hidden = torch.rand(2, 5, 4)  # (N, T, D)
steps = torch.tensor([[0, 3], [4, 4]])  # (N, K)
rows = torch.tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
groups = torch.tensor([2, 0, 2])  # 每行的组号 | the group of each row
num_groups = 4

#[
# 每行取一个类别 | one class per row: (N,)
picked = scores.gather(1, labels[:, None]).squeeze(1)
# 每个序列取 K 个时间步 | K steps of each sequence: (N, K, D)
taken = torch.take_along_dim(hidden, steps[:, :, None], dim=1)
# 每行写一个位置 | write one place per row: (N, C)
mask = torch.zeros_like(scores).scatter_(1, labels[:, None], 1.0)
# 按组求和 | sums by group: (num_groups, D)
sums = rows.new_zeros(num_groups, rows.shape[1])
sums.index_add_(0, groups, rows)
counts = torch.bincount(groups, minlength=num_groups)
#]
print(picked, taken.shape)
#> tensor([0.7000, 0.8000]) torch.Size([2, 2, 4])
print(mask.tolist())
#> [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
print(sums.tolist(), counts.tolist())
#> [[2.0, 20.0], [0.0, 0.0], [5.0, 50.0], [0.0, 0.0]] [1, 0, 2, 0]
