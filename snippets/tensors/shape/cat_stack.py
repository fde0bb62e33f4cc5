import torch

parts = [torch.rand(10, 5) for _ in range(3)]

#[
joined = torch.cat(parts, dim=0)  # 沿已有维度 | along an existing dim
stacked = torch.stack(parts, dim=0)  # 新增一维 | along a new dim
#]
print(joined.shape, stacked.shape)
#> torch.Size([30, 5]) torch.Size([3, 10, 5])

# 拆回去 | take them apart again
pieces = joined.split(10, dim=0)
layers = stacked.unbind(dim=0)
print(pieces[0].shape, layers[0].shape)
#> torch.Size([10, 5]) torch.Size([10, 5])
