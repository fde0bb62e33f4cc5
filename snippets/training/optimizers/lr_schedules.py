import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

model = nn.Linear(4, 3)
loss_fn = nn.CrossEntropyLoss()
dataset = TensorDataset(torch.randn(16, 4), torch.arange(16) % 3)
loader = DataLoader(dataset, batch_size=8, shuffle=True)
epochs = 5

optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
#[
scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
#]

for epoch in range(epochs):
    print(epoch, round(optimizer.param_groups[0]["lr"], 4))
    #> 0 0.1
    #> 1 0.0905
    #> 2 0.0655
    #> 3 0.0345
    #> 4 0.0095
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()  # 每批一次 | once per batch
    #[
    scheduler.step()  # 每轮一次 | once per epoch
    #]
