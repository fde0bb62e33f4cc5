import torch
from torch.optim import lr_scheduler as S


def chained(second, epochs=3):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    pair = [S.ExponentialLR(optimizer, gamma=0.5), second(optimizer)]
    for _ in range(epochs):
        optimizer.step()
        for scheduler in pair:
            scheduler.step()
    return optimizer.param_groups[0]["lr"]


assert abs(chained(lambda o: S.StepLR(o, step_size=3, gamma=0.1)) - 0.5**3 * 0.1) < 1e-9
assert chained(lambda o: S.LambdaLR(o, lambda t: 1.0)) == 1.0
assert chained(lambda o: S.CosineAnnealingWarmRestarts(o, 10)) > 0.75
assert chained(lambda o: S.OneCycleLR(o, 1.0, total_steps=10)) > 0.75
assert chained(lambda o: S.CyclicLR(o, 0.5, 1.0)) > 0.5
