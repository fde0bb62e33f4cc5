import torch
from torch.utils.data import DataLoader


def run(epochs, state=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
    if state:
        optimizer.load_state_dict(state)
    lrs = []
    for _ in range(epochs):
        lrs.append(round(optimizer.param_groups[0]["lr"], 6))
        optimizer.step()
        scheduler.step()
    return lrs, optimizer.state_dict()


assert run(6)[0] == [0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
first, state = run(2)
second, _ = run(4, state)
assert first + second == [0.1, 0.1, 0.1, 0.1, 0.1, 0.01]


def orders(epochs):
    loader = DataLoader(range(8), shuffle=True, generator=torch.Generator().manual_seed(0))
    return [[int(i) for i in loader] for _ in range(epochs)]


assert orders(1)[0] == orders(2)[0] != orders(2)[1]  # after resuming, epoch 0 comes again
