import torch
from torch.optim import lr_scheduler


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)


def rates(optimizer, scheduler, epochs):
    found = []
    for _ in range(epochs):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


late = optimizer()
rates(late, lr_scheduler.MultiStepLR(late, milestones=[50, 70], gamma=0.1), 80)
warmup = rates(late, lr_scheduler.LambdaLR(late, lr_lambda=lambda t: t / 10), 10)
assert warmup[0] == 0 and late.param_groups[0]["lr"] == 0.1  # back to the full rate

uncapped = optimizer()
found = rates(uncapped, lr_scheduler.LambdaLR(uncapped, lr_lambda=lambda t: t / 10), 80)
assert found[0] == 0 and round(found[79] / 0.1, 6) == 7.9

right = optimizer()
pair = [
    lr_scheduler.LinearLR(right, start_factor=0.1, total_iters=10),
    lr_scheduler.CosineAnnealingLR(right, 70),
]
found = rates(right, lr_scheduler.SequentialLR(right, pair, milestones=[10]), 80)
assert round(found[0], 6) == 0.01 and round(max(found), 6) == round(found[10], 6) == 0.1
