import torch
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = MultiStepLR(optimizer, milestones=[3, 5], gamma=0.1)

for epoch in range(7):
    print(epoch, round(optimizer.param_groups[0]["lr"], 4))
    #> 0 0.1
    #> 1 0.1
    #> 2 0.1
    #> 3 0.01
    #> 4 0.01
    #> 5 0.001
    #> 6 0.001
    optimizer.step()  # 训练一轮 | train one epoch
    scheduler.step()
