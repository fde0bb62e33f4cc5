import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


#[
def memory():
    used = torch.accelerator.memory_allocated() / 2**20  # 张量 | tensors
    peak = torch.accelerator.max_memory_allocated() / 2**20
    held = torch.accelerator.memory_reserved() / 2**20  # 含缓存 | with cache
    return f"{used:.1f} MiB, peak {peak:.1f}, held {held:.1f}"


#]
model = nn.Linear(1024, 1024).to(device)
optimizer = torch.optim.AdamW(model.parameters())
x = torch.randn(256, 1024, device=device)
print("start:", memory())  # 没有 GPU 时都是 0 | all 0 without a GPU
#~ start: 0.0 MiB, peak 0.0, held 0.0
model(x).square().mean().backward()
optimizer.step()
print("step:", memory())
#~ step: 0.0 MiB, peak 0.0, held 0.0
