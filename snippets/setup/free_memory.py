import gc

import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(1024, 1024).to(device)
optimizer = torch.optim.AdamW(model.parameters())

#[
del model, optimizer  # 每个引用 | every reference
gc.collect()  # 循环引用 | reference cycles
torch.cuda.empty_cache()  # 空闲缓存还给驱动 | idle cache to the driver
print(f"{torch.cuda.memory_allocated() / 2**20:.1f} MiB in tensors")
#~ 0.0 MiB in tensors
print(f"{torch.cuda.memory_reserved() / 2**20:.1f} MiB reserved")
#~ 0.0 MiB reserved
#]
