import torch

images = torch.rand(32, 3, 56, 48)

#[
N, C, H, W = range(4)
means = images.mean(dim=(H, W))  # (N, C)
red = images.select(C, 0)  # (N, H, W)
channels_last = images.permute(N, H, W, C)
#]
print(means.shape, channels_last.shape)
#> torch.Size([32, 3]) torch.Size([32, 56, 48, 3])

# einsum 用字母给维度起名 | einsum names the dimensions by letters
weights = torch.tensor([0.299, 0.587, 0.114])
gray = torch.einsum("nchw,c->nhw", images, weights)
print(gray.shape)
#> torch.Size([32, 56, 48])
