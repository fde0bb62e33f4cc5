import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

backbone, head = nn.Linear(4, 4), nn.Linear(4, 2)
groups = [
    {"params": backbone.parameters(), "lr": 0.01},
    {"params": head.parameters()},
]
optimizer = torch.optim.SGD(groups, lr=0.1)
scheduler = StepLR(optimizer, step_size=1, gamma=0.5)

for epoch in range(3):
    # 每个参数组一个学习率 | one learning rate for each parameter group
    lrs = [group["lr"] for group in optimizer.param_groups]
    print(epoch, lrs, scheduler.get_last_lr() == lrs)
    #> 0 [0.01, 0.1] True
    #> 1 [0.005, 0.05] True
    #> 2 [0.0025, 0.025] True
    optimizer.step()  # 此处训练一轮 | train one epoch here
    scheduler.step()
