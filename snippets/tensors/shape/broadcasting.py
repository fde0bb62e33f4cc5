import torch

images = torch.rand(8, 3, 32, 32)  # (N, C, H, W)
mean = torch.tensor([0.5, 0.4, 0.3])  # (C,)
x, y = torch.rand(6, 4), torch.rand(5, 4)

#[
centered = images - mean[:, None, None]  # (N, C, H, W) - (C, 1, 1)
rows = x - x.mean(dim=1, keepdim=True)  # (6, 4) - (6, 1)
pairs = x[:, None] - y  # (6, 1, 4) - (5, 4) -> (6, 5, 4)
#]
print(centered.shape, rows.shape, pairs.shape)
#> torch.Size([8, 3, 32, 32]) torch.Size([6, 4]) torch.Size([6, 5, 4])

# 不计算，只看形状 | shapes alone, nothing computed
print(torch.broadcast_shapes((6, 1, 4), (5, 4)))
#> torch.Size([6, 5, 4])
