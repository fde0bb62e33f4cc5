import torch
from torch import nn

tokens = torch.randint(100, (2, 7))  # (N, L)
x = torch.randn(2, 7, 16)  # (N, L, C)
images = torch.rand(2, 3, 32, 32)  # (N, C, H, W)

#[
print(nn.Embedding(100, 16)(tokens).shape)
#> torch.Size([2, 7, 16])
print(nn.Linear(16, 8)(x).shape)
#> torch.Size([2, 7, 8])
print(nn.Conv1d(16, 8, 3, padding=1)(x.mT).shape)  # (N, C, L)
#> torch.Size([2, 8, 7])
print(nn.Conv2d(3, 8, 3, padding="same")(images).shape)
#> torch.Size([2, 8, 32, 32])
print(nn.MaxPool2d(2)(images).shape)
#> torch.Size([2, 3, 16, 16])
print(nn.AdaptiveAvgPool2d(1)(images).shape)
#> torch.Size([2, 3, 1, 1])
#]

output, (h, c) = nn.LSTM(16, 32, batch_first=True)(x)
print(output.shape, h.shape)
#> torch.Size([2, 7, 32]) torch.Size([1, 2, 32])

attention = nn.MultiheadAttention(16, 4, batch_first=True)
output, weights = attention(x, x, x)
print(output.shape, weights.shape)
#> torch.Size([2, 7, 16]) torch.Size([2, 7, 7])
