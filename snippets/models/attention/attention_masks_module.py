import torch
from torch import nn

x = torch.randn(2, 5, 16)
keep = torch.arange(5) < torch.tensor([[5], [3]])
causal = torch.ones(5, 5, dtype=torch.bool).tril()

# 这里 True 是遮住 | here True means hidden
attention = nn.MultiheadAttention(16, 4, batch_first=True)
out, weights = attention(
    x, x, x, key_padding_mask=~keep, attn_mask=~causal
)
layer = nn.TransformerEncoderLayer(16, 4, batch_first=True).eval()
out = layer(x, src_mask=~causal, src_key_padding_mask=~keep)
print(weights[1, 4].count_nonzero().item(), out.shape)
#> 3 torch.Size([2, 5, 16])
