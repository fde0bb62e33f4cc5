import torch
import torch.nn.functional as F

past, new = 3, 2  # 缓存 3 个，新来 2 个 | 3 cached, 2 new
q = torch.randn(1, 4, new, 8)
k, v = torch.randn(2, 1, 4, past + new, 8)

mask = torch.ones(new, past + new, dtype=torch.bool).tril(past)
out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
print(mask.int())
#> tensor([[1, 1, 1, 1, 0],
#>         [1, 1, 1, 1, 1]], dtype=torch.int32)
