import torch

nan = torch.nan
x = torch.tensor([[1.0, 2.0, 6.0], [4.0, nan, nan], [nan, nan, nan]])
lengths = torch.tensor([3, 1, 0])

mask = torch.arange(x.shape[1]) < lengths[:, None]  # (N, T)
total = x.masked_fill(~mask, 0).sum(dim=1)
mean = total / mask.sum(dim=1).clamp(min=1)  # 一个都不算时得 0 | 0 if none counts
print(mean)
#> tensor([3., 4., 0.])
