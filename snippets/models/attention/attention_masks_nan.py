import torch
import torch.nn.functional as F

q, k, v = torch.randn(3, 1, 1, 2, 4)
# 查询 0 什么也看不到 | query 0 sees nothing
mask = torch.tensor([[False, False], [True, True]])

scores = (q @ k.mT / 2).masked_fill(~mask, -torch.inf)
by_hand = scores.softmax(dim=-1) @ v
print(by_hand[0, 0, 0].tolist())
#> [nan, nan, nan, nan]
out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
print(out[0, 0, 0].tolist())
#> [0.0, 0.0, 0.0, 0.0]
