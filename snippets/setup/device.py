import torch
from torch import nn

#[
gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
#]

model = nn.Linear(3, 2).to(device)
x = torch.randn(4, 3, device=device)
y = model(x)
print(device, y.device)
#~ cpu cpu
