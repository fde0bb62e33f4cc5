import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, random_split


class Noisy(Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        # 种子取自 torch，各 worker 不同 | seeded by torch, per worker
        rng = np.random.default_rng(torch.randint(2**62, ()).item())
        return index, rng.normal()


def epoch(seed):
    train, _ = random_split(
        Noisy(), [12, 4], generator=torch.Generator().manual_seed(seed)
    )
    loader = DataLoader(
        train,
        batch_size=4,
        shuffle=True,
        num_workers=2,
        generator=torch.Generator().manual_seed(seed),
    )
    return torch.cat([noise for _, noise in loader]).tolist()


if __name__ == "__main__":
    noise = epoch(seed=0)
    torch.rand(1)  # 别处也在用随机数 | random numbers are drawn elsewhere
    print(noise == epoch(seed=0), len(set(noise)))
    #> True 12
