import torch
from torch import nn

images = torch.rand(2, 3, 8, 8)
features = nn.Conv2d(3, 4, kernel_size=3)(images)  # (2, 4, 6, 6)

# 展平每个样本，保留批次维度 | flatten each sample, keep the batch dimension
flat = features.flatten(1)
scores = nn.Linear(flat.shape[1], 10)(flat)
print(flat.shape, scores.shape)
#> torch.Size([2, 144]) torch.Size([2, 10])

# -1 由元素总数算出 | -1 is inferred from the number of elements
rows = features.reshape(2, 4, -1)

# 拆开一个维度 | split one dimension
restored = flat.unflatten(1, (4, 6, 6))
print(rows.shape, torch.equal(restored, features))
#> torch.Size([2, 4, 36]) True

# reshape 不是转置 | reshape does not transpose
a = torch.tensor([[1, 2, 3], [4, 5, 6]])
regrouped = a.reshape(3, 2)
print(regrouped.tolist())
#> [[1, 2], [3, 4], [5, 6]]
print(a.T.tolist())
#> [[1, 4], [2, 5], [3, 6]]
