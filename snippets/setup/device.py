import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(3, 2).to(device)
x = torch.randn(4, 3, device=device)
y = model(x)

# 比较 type，不比较 device 本身 | compare the types, not the devices
print(y.shape, y.device.type == device.type)
#> torch.Size([4, 2]) True
print(torch.device("cuda:0") == torch.device("cuda"))
#> False
