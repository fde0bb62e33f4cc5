import torch

x = torch.rand(8, 3, 4, 5)  # (N, C, H, W)

#[
flat = x.flatten(1)  # 每个样本一行 | one row per sample
pixels = x.flatten(2)  # 合并 H 与 W | merge H and W
images = flat.unflatten(1, x.shape[1:])  # 拆回去 | split again
groups = x.reshape(2, -1, *x.shape[1:])  # -1：自动算出 | -1: inferred
#]
print(flat.shape, pixels.shape)
#> torch.Size([8, 60]) torch.Size([8, 3, 20])
print(images.shape, groups.shape)
#> torch.Size([8, 3, 4, 5]) torch.Size([2, 4, 3, 4, 5])
