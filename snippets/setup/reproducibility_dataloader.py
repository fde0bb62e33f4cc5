import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Noisy(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return index, self.rng.random()


def seed_worker(worker_id):
    # 否则每个 worker 的噪声都相同 | otherwise all workers draw the same noise
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)


def epoch(num_workers=0):
    loader = DataLoader(
        Noisy(),
        shuffle=True,
        num_workers=num_workers,
        worker_init_fn=seed_worker,
        generator=torch.Generator().manual_seed(0),
    )
    return [(index.item(), noise.item()) for index, noise in loader]


first = epoch()
torch.rand(1)  # 别处也在用随机数 | random numbers are drawn elsewhere too
print(epoch() == first)
#> True
