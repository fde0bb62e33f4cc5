import torch
from torch.optim.lr_scheduler import ExponentialLR, StepLR

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
scheduler1 = ExponentialLR(optimizer, gamma=0.9)
scheduler2 = StepLR(optimizer, step_size=3, gamma=0.1)
for epoch in range(3):
    optimizer.step()
    scheduler1.step()
    scheduler2.step()
lrs = scheduler1.get_last_lr()[0], scheduler2.get_last_lr()[0], optimizer.param_groups[0]["lr"]
assert [round(lr, 6) for lr in lrs] == [0.0729, 0.00729, 0.00729]
