import torch
from torch import nn
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ExponentialLR,
    StepLR,
)

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
slow = ExponentialLR(optimizer, gamma=0.9)
steep = StepLR(optimizer, step_size=3, gamma=0.1)
scheduler = ChainedScheduler([slow, steep])

for epoch in range(6):  # 0.1 * 0.9**epoch * 0.1 ** (epoch // 3)
    print(epoch, round(optimizer.param_groups[0]["lr"], 6))
    #> 0 0.1
    #> 1 0.09
    #> 2 0.081
    #> 3 0.00729
    #> 4 0.006561
    #> 5 0.005905
    optimizer.step()  # 训练一轮 | train one epoch
    scheduler.step()

# 先走的调度器不知道后走的 | what stepped first misses what came after
print(round(slow.get_last_lr()[0], 6))
#> 0.005314
print(round(optimizer.param_groups[0]["lr"], 6))
#> 0.000531
