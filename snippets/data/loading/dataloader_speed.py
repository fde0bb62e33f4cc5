import torch
from torch.utils.data import DataLoader, TensorDataset

# 换成自己的 Dataset | your own Dataset in its place
dataset = TensorDataset(torch.rand(32, 3, 8, 8), torch.arange(32) % 10)

if __name__ == "__main__":
    gpu = torch.accelerator.current_accelerator(check_available=True)
    device = gpu or torch.device("cpu")
    #[
    loader = DataLoader(
        dataset,
        batch_size=8,
        shuffle=True,
        num_workers=2,  # 子进程数 | child processes
        persistent_workers=True,  # 下一轮沿用 | kept for the next epoch
        pin_memory=device.type == "cuda",  # 锁页内存 | pinned memory
    )
    #]
    for epoch in range(2):
        for images, labels in loader:
            images = images.to(device, non_blocking=True)
            labels = labels.to(device, non_blocking=True)
    print(images.shape, labels.shape)
    #> torch.Size([8, 3, 8, 8]) torch.Size([8])
