import time

import torch
from torch.utils.data import DataLoader, Dataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


class Images(Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, index):
        time.sleep(0.01)  # 读盘、解码 | reading, decoding
        return torch.full((3, 8, 8), float(index)), index % 10


def seconds_per_epoch(loader):
    start = time.perf_counter()
    for images, labels in loader:
        # 来自锁页内存的异步拷贝 | an asynchronous copy from pinned memory
        images = images.to(device, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
    return time.perf_counter() - start


# worker 重新导入本文件时跳过 | skipped when a worker re-imports this file
if __name__ != "__mp_main__":
    alone = DataLoader(Images(), batch_size=8)
    loader = DataLoader(
        Images(),
        batch_size=8,
        shuffle=True,
        num_workers=2,
        persistent_workers=True,  # 下一轮沿用 | kept for the next epoch
        pin_memory=device.type == "cuda",  # 只对 GPU 有用 | only useful with a GPU
    )
    seconds_per_epoch(loader)  # 启动 worker | starts the workers
    ratio = seconds_per_epoch(alone) / seconds_per_epoch(loader)
    print(ratio > 1.2)
    #> True
