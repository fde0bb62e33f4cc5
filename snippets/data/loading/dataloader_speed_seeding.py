import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Augmented(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        noise = torch.rand(1).item(), np.random.rand(), random.random()
        return index, noise


def make_loader(seed):
    return DataLoader(
        Augmented(),
        shuffle=True,
        num_workers=2,
        generator=torch.Generator().manual_seed(seed),
    )


if __name__ == "__main__":
    first, again = (str(list(make_loader(seed=0))) for _ in range(2))
    print(first == again)
    #> True
