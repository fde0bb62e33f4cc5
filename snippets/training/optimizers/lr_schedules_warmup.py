import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR

model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
# 按批走：9 是批次数 | one step per batch: 9 counts batches
scheduler = LinearLR(optimizer, start_factor=0.1, total_iters=9)

lrs = []
for batch in range(12):
    lrs.append(round(optimizer.param_groups[0]["lr"], 2))
    optimizer.step()  # 训练一个批次 | train on one batch
    scheduler.step()
print(lrs)
#> [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.1, 0.1]
