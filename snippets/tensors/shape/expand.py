import torch

x = torch.rand(64, 512)

# 先补长度为 1 的维度；-1：大小不变 | add dimensions of size 1; -1 keeps a size
grid = x[:, :, None, None].expand(-1, -1, 7, 7)
print(grid.shape, grid.stride())
#> torch.Size([64, 512, 7, 7]) (512, 1, 0, 0)

# clone 之后每个元素才有自己的内存 | only a clone has memory for each element
own = grid.clone()
print(own.untyped_storage().nbytes() // grid.untyped_storage().nbytes())
#> 49

# 写一个元素，49 处全变 | write one element, and all 49 places change
grid[0, 0, 0, 0] = 5
own[0, 0, 0, 0] = 5
print((grid[0, 0] == 5).sum().item(), (own[0, 0] == 5).sum().item())
#> 49 1
