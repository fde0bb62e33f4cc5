import torch

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=80)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[50, 70], gamma=0.1)
lrs = set()
for t in range(49):
    optimizer.step()
    scheduler.step()
    lrs.add(optimizer.param_groups[0]["lr"])
assert lrs == {0.1}
