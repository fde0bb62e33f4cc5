import torch

parts = [torch.full((10, 5), float(i)) for i in range(3)]

# 沿已有维度拼接 | join along an existing dimension
joined = torch.cat(parts, dim=0)
# 新增一个维度 | add a new dimension
stacked = torch.stack(parts, dim=0)
print(joined.shape, stacked.shape)
#> torch.Size([30, 5]) torch.Size([3, 10, 5])

# 只有拼接的维度可以大小不同 | only the joined dimension may differ in size
wide = torch.cat([torch.zeros(10, 5), torch.ones(10, 2)], dim=1)
print(wide.shape)
#> torch.Size([10, 7])

# 拆回去 | take them apart again
pieces = joined.split(10, dim=0)
layers = stacked.unbind(dim=0)
for part, piece, layer in zip(parts, pieces, layers, strict=True):
    assert torch.equal(piece, part) and torch.equal(layer, part)

# 标量张量只能 stack | scalar tensors can only be stacked
losses = [torch.tensor(0.5), torch.tensor(1.5)]
mean_loss = torch.stack(losses).mean()
print(mean_loss.item())
#> 1.0
