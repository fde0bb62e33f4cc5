import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, StepLR

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
slow = ExponentialLR(optimizer, gamma=0.9)
steep = StepLR(optimizer, step_size=3, gamma=0.1)

for epoch in range(6):
    lr = optimizer.param_groups[0]["lr"]
    product = 0.1 * 0.9**epoch * 0.1 ** (epoch // 3)
    print(epoch, round(lr, 6), round(product, 6))
    #> 0 0.1 0.1
    #> 1 0.09 0.09
    #> 2 0.081 0.081
    #> 3 0.00729 0.00729
    #> 4 0.006561 0.006561
    #> 5 0.005905 0.005905
    optimizer.step()  # 此处训练一轮 | train one epoch here
    slow.step()
    steep.step()

# 先走的调度器不知道后走的 | the scheduler that stepped first misses what came after
stale, lr = slow.get_last_lr()[0], optimizer.param_groups[0]["lr"]
print(round(stale, 6), round(lr, 6))
#> 0.005314 0.000531
