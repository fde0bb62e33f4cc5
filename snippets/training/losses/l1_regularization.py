import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(4, 8),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Linear(8, 3),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()
x, y = torch.randn(16, 4), torch.randint(3, (16,))

#[
l1_lambda = 1e-4
weights = [p for p in model.parameters() if p.ndim > 1]

data_loss = loss_fn(model(x), y)
l1 = sum(w.abs().sum() for w in weights)
loss = data_loss + l1_lambda * l1
#]
optimizer.zero_grad()
loss.backward()
optimizer.step()
print(len(weights), len(list(model.parameters())))
#> 2 6
