import torch

N, C, H, W = range(4)  # 维度的名字 | names for the dimensions
images = torch.rand(32, 3, 56, 48)

red = images.select(dim=C, index=0)  # (N, H, W)
means = images.mean(dim=(H, W), keepdim=True)  # (N, C, 1, 1)
channels_last = images.permute(N, H, W, C)
print(channels_last.shape)
#> torch.Size([32, 56, 48, 3])

# 只移动一个维度 | move one dimension only
moved = images.movedim(C, -1)
print(torch.equal(moved, channels_last))
#> True

# einsum 用字母命名维度 | einsum names the dimensions by letters
weights = torch.tensor([0.299, 0.587, 0.114])
gray = torch.einsum("nchw,c->nhw", images, weights)
print(gray.shape)
#> torch.Size([32, 56, 48])

# 拆开一个维度，再合并回去 | split one dimension, and merge it again
tokens = torch.rand(32, 10, 64)  # (N, T, 64)
heads = tokens.unflatten(-1, (4, 16))  # (N, T, 4, 16)
print(torch.equal(heads.flatten(-2), tokens))
#> True
