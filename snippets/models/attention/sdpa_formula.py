import torch
import torch.nn.functional as F

q, k, v = torch.randn(3, 2, 4, 6, 8)  # (N, heads, L, E)

scores = q @ k.mT / q.shape[-1] ** 0.5
causal = torch.ones(6, 6, dtype=torch.bool).tril()
weights = scores.masked_fill(~causal, -torch.inf).softmax(dim=-1)

out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
print(torch.allclose(out, weights @ v, atol=1e-5))
#> True
