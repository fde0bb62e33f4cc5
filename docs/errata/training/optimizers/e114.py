import warnings

import torch

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[50, 70], gamma=0.1)
lrs = []
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for t in range(80):
        scheduler.step()
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
assert "Detected call of `lr_scheduler.step()` before `optimizer.step()`" in str(caught[0].message)
assert [t for t in range(1, 80) if lrs[t] != lrs[t - 1]] == [49, 69]
