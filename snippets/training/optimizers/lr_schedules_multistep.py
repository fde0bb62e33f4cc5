import torch
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = MultiStepLR(optimizer, milestones=[50, 70], gamma=0.1)

lrs = []
for epoch in range(80):
    lrs.append(optimizer.param_groups[0]["lr"])
    # 此处训练一轮，每个批次一次 | train one epoch here, once for each batch
    optimizer.step()
    # 每轮末尾一次 | once, at the end of the epoch
    scheduler.step()

print({e: round(lrs[e], 4) for e in (0, 49, 50, 69, 70, 79)})
#> {0: 0.1, 49: 0.1, 50: 0.01, 69: 0.01, 70: 0.001, 79: 0.001}
