import torch
from torch import nn

#[
# 先池化：每个通道平均成一个数 | pool first: one mean per channel
pooled = nn.Sequential(
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 100)
)
#]
# 低秩：先压到 16 维 | low rank: down to 16 dimensions first
low_rank = nn.Sequential(
    nn.Flatten(),
    nn.Linear(256 * 7 * 7, 16, bias=False),
    nn.Linear(16, 100),
)
# 直接展平，最大 | flattened as it is: the largest
flat = nn.Sequential(nn.Flatten(), nn.Linear(256 * 7 * 7, 100))

x = torch.randn(8, 256, 7, 7)  # (N, C, H, W)
for head in (pooled, low_rank, flat):
    size = sum(p.nbytes for p in head.parameters())
    print(tuple(head(x).shape), f"{size / 2**20:.1f} MiB")
    #> (8, 100) 0.1 MiB
    #> (8, 100) 0.8 MiB
    #> (8, 100) 4.8 MiB
