import torch

token = torch.rand(1, 1, 16)
scale = torch.rand(64, 512)

#[
tokens = token.expand(64, -1, -1)  # -1：大小不变 | -1 keeps a size
grid = scale[:, :, None, None].expand(-1, -1, 7, 7)
writable = grid.clone()  # 写入之前先复制 | copy before you write
#]
print(tokens.shape, tokens.stride())
#> torch.Size([64, 1, 16]) (0, 16, 1)
print(grid.shape, grid.stride())
#> torch.Size([64, 512, 7, 7]) (512, 1, 0, 0)
