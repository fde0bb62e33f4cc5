import torch
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    SequentialLR,
)

model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
epochs = 80

#[
first = LinearLR(optimizer, start_factor=0.1, total_iters=10)
then = CosineAnnealingLR(optimizer, T_max=epochs - 10)
scheduler = SequentialLR(optimizer, [first, then], milestones=[10])
#]

for epoch in range(epochs):
    if epoch in (0, 5, 10, 45, 79):
        print(epoch, round(optimizer.param_groups[0]["lr"], 4))
        #> 0 0.01
        #> 5 0.055
        #> 10 0.1
        #> 45 0.05
        #> 79 0.0001
    optimizer.step()  # 训练一轮 | train one epoch
    scheduler.step()
