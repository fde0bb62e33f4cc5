import random

import numpy as np
import torch
from torch.utils.data import DataLoader


def seed():
    np.random.seed(0)
    torch.manual_seed(0)
    torch.cuda.manual_seed_all(0)


def draw():
    seed()
    return np.random.rand(), torch.rand(1).item(), random.random()


first, second = draw(), draw()
assert first[:2] == second[:2] and first[2] != second[2]
assert not torch.are_deterministic_algorithms_enabled()


def order(extra_layer, **own):
    seed()
    if extra_layer:
        torch.nn.Linear(2, 2)
    return [int(i) for i in DataLoader(range(8), shuffle=True, **own)]


def seeded():
    return torch.Generator().manual_seed(0)


assert order(False) == order(False) != order(True)
assert order(False, generator=seeded()) == order(True, generator=seeded())


def sums(x):
    found = set()
    for threads in (1, 2, 3, 4):
        torch.set_num_threads(threads)
        found.add(x.sum().item())
    return found


assert max(len(sums(torch.randn(100_000))) for _ in range(8)) > 1
