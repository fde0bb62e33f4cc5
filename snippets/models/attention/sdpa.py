import torch
import torch.nn.functional as F
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, dim, heads, dropout=0.0):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):  # (N, L, dim)
        #[
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (N, heads, L, E)
        p = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(
            q, k, v, dropout_p=p, is_causal=True
        )
        y = y.transpose(1, 2).flatten(2)  # (N, L, dim)
        #]
        return self.out(y)


model = SelfAttention(dim=32, heads=4, dropout=0.1)
print(model(torch.randn(2, 10, 32)).shape)
#> torch.Size([2, 10, 32])
