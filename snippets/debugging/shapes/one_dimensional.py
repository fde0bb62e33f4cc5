import torch
import torch.nn.functional as F
from torch import nn

model = nn.Linear(4, 1)
inputs, targets = torch.randn(8, 4), torch.randn(8)

#[
outputs = model(inputs).squeeze(1)  # (N, 1) → (N,)
if outputs.shape != targets.shape:
    raise ValueError(f"{outputs.shape} and {targets.shape}")
loss = F.mse_loss(outputs, targets)
#]
print(outputs.shape, targets.shape)
#> torch.Size([8]) torch.Size([8])
