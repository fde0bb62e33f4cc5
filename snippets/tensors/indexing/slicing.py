import torch

points = torch.tensor([[1, 4], [2, 1], [3, 5]])
rest = points[1:]  # 从索引 1 到末尾，含 1 | from index 1 to the end, 1 included
first_column = points[:, 0]
but_last = points[:-1]  # 去掉最后一行 | all but the last row
print(rest.tolist(), first_column.tolist(), but_last.tolist())
#> [[2, 1], [3, 5]] [1, 2, 3] [[1, 4], [2, 1]]

images = torch.rand(4, 3, 28, 28)  # (N, C, H, W)
image, channel, pixel = images[0], images[0, 0], images[0, 0, 2, 3]
print(image.shape, channel.shape, pixel.shape)
#> torch.Size([3, 28, 28]) torch.Size([28, 28]) torch.Size([])

# 前两张图，索引 1 及之后的通道 | the first two images, channels from index 1 on
part = images[:2, 1:]
print(part.shape)
#> torch.Size([2, 2, 28, 28])

# 整数索引去掉该维度，切片保留它 | an integer drops the dimension, a slice keeps it
dropped, kept = images[:, -1], images[:, -1:]
print(dropped.shape, kept.shape)
#> torch.Size([4, 28, 28]) torch.Size([4, 1, 28, 28])

# 步长 2：隔一个取一个 | step 2: every other one
sampled = images[:, :, ::2, ::2]
print(sampled.shape)
#> torch.Size([4, 3, 14, 14])

# ... 代表其余所有维度，None 插入一维 | ... is all remaining dimensions, None inserts one
left, unsqueezed = images[..., 0], images[:, None]
print(left.shape, unsqueezed.shape)
#> torch.Size([4, 3, 28]) torch.Size([4, 1, 3, 28, 28])
