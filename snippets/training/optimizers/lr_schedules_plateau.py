import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = ReduceLROnPlateau(
    optimizer,
    mode="max",
    factor=0.5,
    patience=2,
)

lrs = []
for accuracy in (0.5, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7):
    lrs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()  # 此处训练一轮，再验证 | train one epoch here, then validate
    scheduler.step(accuracy)
print(lrs)
#> [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]
