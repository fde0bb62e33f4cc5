import torch
from torch.utils.data import DataLoader

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
generator = torch.Generator()
loader = DataLoader(range(6), shuffle=True, generator=generator)
seed = 0


def run_epoch(epoch):
    torch.manual_seed(1000 * seed + epoch)  # CPU 与 GPU | CPU and GPU
    generator.manual_seed(1000 * seed + epoch)  # 顺序 | the order
    order = [index.item() for index in loader]
    return order, torch.rand(1, device=device).item()


whole = [run_epoch(epoch) for epoch in range(4)]
torch.seed()  # 新进程 | a new process
resumed = [run_epoch(epoch) for epoch in range(2, 4)]
print(resumed == whole[2:])
#> True
