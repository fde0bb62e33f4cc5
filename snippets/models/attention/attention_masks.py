import torch
import torch.nn.functional as F

q, k, v = torch.randn(3, 2, 4, 5, 8)  # (N, heads, L, E)
lengths = torch.tensor([5, 3])

#[
steps = torch.arange(k.shape[-2], device=k.device)
keep = steps < lengths[:, None]  # (N, S)，True 是 token | (N, S), True: a token
padding = keep[:, None, None]  # (N, 1, 1, S)
causal = steps[:, None] >= steps  # (L, S)
out = F.scaled_dot_product_attention(
    q, k, v, attn_mask=padding & causal
)
#]
print(keep.int().tolist())
#> [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
print((padding & causal)[1, 0].int())
#> tensor([[1, 0, 0, 0, 0],
#>         [1, 1, 0, 0, 0],
#>         [1, 1, 1, 0, 0],
#>         [1, 1, 1, 0, 0],
#>         [1, 1, 1, 0, 0]], dtype=torch.int32)
