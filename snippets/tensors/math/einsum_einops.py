import torch
from einops import einsum, rearrange, reduce

x = torch.rand(8, 10, 64)

heads = rearrange(x, "n t (h d) -> n h t d", h=4)
scores = einsum(heads, heads, "n h q d, n h k d -> n h q k")
merged = rearrange(heads, "n h t d -> n t (h d)")
pooled = reduce(x, "n t d -> n d", "max")
print(scores.shape)
#> torch.Size([8, 4, 10, 10])
print(merged.shape, pooled.shape)
#> torch.Size([8, 10, 64]) torch.Size([8, 64])
