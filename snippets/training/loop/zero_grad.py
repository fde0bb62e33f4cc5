import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(32, 4), torch.randint(3, (32,)))
loader = DataLoader(dataset, batch_size=8, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters())
loss_fn = nn.CrossEntropyLoss()

for x, y in loader:
    #[
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    #]

optimizer.zero_grad()  # 梯度变为 None | gradients become None
print(model.weight.grad)
#> None
