import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Augmented(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        noise = random.random(), np.random.random(), torch.rand(1)
        return index, torch.tensor(noise)


def epoch(seed):
    loader = DataLoader(
        Augmented(),
        batch_size=2,
        shuffle=True,
        num_workers=2,
        generator=torch.Generator().manual_seed(seed),
    )
    batches = list(loader)
    order = torch.cat([indices for indices, _ in batches])
    noise = torch.cat([noise for _, noise in batches])
    return order, noise


# worker 重新导入本文件时跳过 | skipped when a worker re-imports this file
if __name__ != "__mp_main__":
    order, noise = epoch(seed=0)
    again, noise_again = epoch(seed=0)
    other, noise_other = epoch(seed=1)
    print(torch.equal(order, again), torch.equal(noise, noise_again))
    #> True True
    print(torch.equal(noise, noise_other), noise.unique().numel())
    #> False 24
