import time

import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(256, 256).to(device)
x = torch.randn(64, 256, device=device)


def step():
    model.zero_grad()
    model(x).square().mean().backward()


def now():
    if gpu:
        torch.accelerator.synchronize()  # 等 GPU 算完 | wait for the GPU
    return time.perf_counter()


for _ in range(5):  # 预热 | warm up
    step()
start = now()
for _ in range(50):
    step()
print(f"{(now() - start) / 50 * 1e3:.3f} ms per step")
#~ 0.835 ms per step
