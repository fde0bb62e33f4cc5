import torch
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    SequentialLR,
)

model = nn.Linear(2, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
warmup = LinearLR(optimizer, start_factor=0.1, total_iters=10)
cosine = CosineAnnealingLR(optimizer, T_max=70)
scheduler = SequentialLR(optimizer, [warmup, cosine], milestones=[10])

lrs = []
for epoch in range(80):
    lrs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()  # 此处训练一轮 | train one epoch here
    scheduler.step()

print({e: round(lrs[e], 4) for e in (0, 5, 9, 10, 45, 79)})
#> {0: 0.01, 5: 0.055, 9: 0.091, 10: 0.1, 45: 0.05, 79: 0.0001}
