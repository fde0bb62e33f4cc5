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
    # 在 scheduler.step() 之前读 | read it before scheduler.step()
    #[
    lrs = [group["lr"] for group in optimizer.param_groups]
    #]
    print(epoch, lrs)
    #> 0 [0.01, 0.1]
    #> 1 [0.005, 0.05]
    #> 2 [0.0025, 0.025]
    optimizer.step()  # 训练一轮 | train one epoch
    scheduler.step()

for group in optimizer.param_groups:  # 手动修改 | change it by hand
    group["lr"] *= 0.1
