import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=5, eta_min=0.001)

lrs = []
for epoch in range(5):
    lrs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()  # 此处训练一轮 | train one epoch here
    scheduler.step()

lrs.append(optimizer.param_groups[0]["lr"])
print([round(lr, 4) for lr in lrs])
#> [0.1, 0.0905, 0.0658, 0.0352, 0.0105, 0.001]
