import math

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

steps, warmup = 100, 5


def warmup_cosine(step):
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def build():
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    return optimizer, LambdaLR(optimizer, warmup_cosine)


def train(optimizer, scheduler, start, stop):
    lrs = []
    for _ in range(start, stop):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return lrs


whole = train(*build(), 0, steps)

parts = build()
before = train(*parts, 0, 40)
saved = [part.state_dict() for part in parts]

parts = build()  # 新进程：先建好，再加载 | a new process: build, then load
for part, state in zip(parts, saved):
    part.load_state_dict(state)
after = train(*parts, 40, steps)
print(before + after == whole)
#> True
