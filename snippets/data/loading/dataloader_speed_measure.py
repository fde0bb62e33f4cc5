import time

import torch
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, index):
        time.sleep(0.01)  # 读盘、解码 | reading, decoding
        return torch.zeros(3, 8, 8), index % 10


if __name__ == "__main__":
    for num_workers in (0, 2):
        loader = DataLoader(
            Images(),
            batch_size=8,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
        )
        list(loader)  # 启动 worker 的那一轮不算 | the epoch that starts them
        start = time.perf_counter()
        list(loader)
        seconds = time.perf_counter() - start
        print(f"num_workers={num_workers}: {seconds:.2f} s")
        #~ num_workers=0: 0.34 s
        #~ num_workers=2: 0.17 s
