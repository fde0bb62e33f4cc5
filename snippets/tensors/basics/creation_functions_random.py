import torch

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

# 在张量所在的设备上 | on the device of the tensors
g = torch.Generator(device).manual_seed(0)

uniform = torch.rand(2, 3, device=device, generator=g)  # [0, 1)
normal = torch.randn(2, 3, device=device, generator=g)
labels = torch.randint(10, (8,), device=device, generator=g)  # 0 … 9
order = torch.randperm(8, device=device, generator=g)  # 0 … 7
between = torch.empty(8, device=device).uniform_(-1, 1, generator=g)
coins = torch.rand(8, device=device, generator=g) < 0.3  # bool
print(labels.tolist(), order.tolist())
#~ [4, 3, 6, 9, 1, 4, 4, 1] [5, 4, 0, 3, 2, 1, 7, 6]
