import torch
import torch.nn.functional as F

q = torch.randn(2, 8, 6, 16)  # 8 个查询头 | 8 query heads
k, v = torch.randn(2, 2, 2, 6, 16)  # 2 个键值头 | 2 key-value heads

out = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
print(out.shape)
#> torch.Size([2, 8, 6, 16])

k, v = k.repeat_interleave(4, dim=1), v.repeat_interleave(4, dim=1)
same = F.scaled_dot_product_attention(q, k, v)
print(torch.allclose(out, same, atol=1e-5))
#> True
