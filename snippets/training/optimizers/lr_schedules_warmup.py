import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR

model = nn.Linear(2, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
scheduler = LinearLR(optimizer, start_factor=0.1, total_iters=9)

lrs = []
for batch in range(12):
    lrs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()  # 此处训练一个批次 | train on one batch here
    # 按批次走，total_iters 就是批次数 | one step per batch: total_iters counts batches
    scheduler.step()
print([round(lr, 4) for lr in lrs])
#> [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.1, 0.1]
