import torch

image = torch.rand(48, 64, 3)  # (H, W, C)
scores = torch.rand(8, 1)  # (N, 1)
x = torch.rand(8, 10, 64)  # (N, T, D)

#[
flat = scores.squeeze(1)  # 去掉维度 1 | drop dimension 1: (N,)
column = flat.unsqueeze(1)  # 加一维，同 flat[:, None] | add one: (N, 1)
chw = image.permute(2, 0, 1)  # 重排所有维度 | reorder all: (C, H, W)
batch = chw.unsqueeze(0)  # (1, C, H, W)
y = x.transpose(1, 2)  # 交换两维，同 x.mT | swap two: (N, D, T)
# 多头：(N, heads, T, D / heads)，再合并 | heads, and back
heads = x.unflatten(-1, (4, 16)).transpose(1, 2)
merged = heads.transpose(1, 2).flatten(2)
#]
print(flat.shape, column.shape, batch.shape)
#> torch.Size([8]) torch.Size([8, 1]) torch.Size([1, 3, 48, 64])
print(y.shape, heads.shape)
#> torch.Size([8, 64, 10]) torch.Size([8, 4, 10, 16])
print(merged.shape)
#> torch.Size([8, 10, 64])
