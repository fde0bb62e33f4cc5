import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
dataset = TensorDataset(torch.randn(256, 20), torch.randint(3, (256,)))
loader = DataLoader(dataset, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
model.to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
loss_fn = nn.CrossEntropyLoss()

#[
x, y = (t.to(device) for t in next(iter(loader)))
for step in range(101):
    loss = loss_fn(model(x), y)
    if step % 50 == 0:
        print(f"{step}: {loss:.3f}")
        #~ 0: 1.085
        #~ 50: 0.001
        #~ 100: 0.001
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
#]

print(f"ln(3) = {math.log(3):.3f}")  # 3 类，开始时 | 3 classes, at first
#> ln(3) = 1.099
