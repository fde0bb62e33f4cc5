import torch

batch = torch.tensor([[1, 1], [2, 2]])  # 2 个样本 | 2 samples

# 同一样本的 3 份相邻 | the 3 copies of a sample are neighbors
beams = batch.repeat_interleave(3, dim=0)
print(beams[:, 0].tolist(), beams.unflatten(0, (2, 3)).shape)
#> [1, 1, 1, 2, 2, 2] torch.Size([2, 3, 2])

# 整个批次重复 3 遍 | the whole batch, 3 times
tiled = batch.repeat(3, 1)
print(tiled[:, 0].tolist(), tiled.unflatten(0, (3, 2)).shape)
#> [1, 2, 1, 2, 1, 2] torch.Size([3, 2, 2])
