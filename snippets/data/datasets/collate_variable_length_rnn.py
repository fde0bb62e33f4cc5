import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

x = torch.randn(3, 4, 8)  # (N, L, C)
lengths = torch.tensor([2, 4, 1])
lstm = nn.LSTM(8, 16, batch_first=True, bidirectional=True)

packed = pack_padded_sequence(
    x,
    lengths.cpu(),  # 须在 CPU 上 | must be on the CPU
    batch_first=True,
    enforce_sorted=False,
)
packed_out, (h, c) = lstm(packed)
out, _ = pad_packed_sequence(packed_out, batch_first=True)
last = torch.cat([h[-2], h[-1]], dim=1)  # 两个方向 | both directions
print(out.shape, last.shape)
#> torch.Size([3, 4, 32]) torch.Size([3, 32])
