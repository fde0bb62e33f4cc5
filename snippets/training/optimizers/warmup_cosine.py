import math

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(80, 4), torch.randint(3, (80,)))
loader = DataLoader(dataset, batch_size=8, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()

epochs = 10
steps = epochs * len(loader)  # 更新的总次数 | updates in all
warmup = steps // 20


#[
def warmup_cosine(step):
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


scheduler = LambdaLR(optimizer, warmup_cosine)
#]
lrs = []
for epoch in range(epochs):
    for x, y in loader:
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        #[
        scheduler.step()  # 每批一次 | once per batch
        #]

print([round(lrs[step], 4) for step in (0, 1, 4, 5, 50, 99)])
#> [0.02, 0.04, 0.1, 0.1, 0.0541, 0.0]
