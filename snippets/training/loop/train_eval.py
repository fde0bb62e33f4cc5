import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(4, 16),
    nn.BatchNorm1d(16),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(16, 3),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()
x, y = torch.randn(64, 4), torch.randint(3, (64,))
x_val, y_val = torch.randn(32, 4), torch.randint(3, (32,))

for epoch in range(2):
    #[
    model.train()  # 每个 epoch 开头 | at the start of each epoch
    #]
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    #[
    model.eval()  # 验证之前 | before validation
    with torch.inference_mode():
        val_loss = loss_fn(model(x_val), y_val)
    #]
    print(f"epoch {epoch}: {loss:.2f}, {val_loss:.2f}")
    #~ epoch 0: 1.32, 1.23
    #~ epoch 1: 1.32, 1.21

print(model.training)  # 仍在评估模式 | still in evaluation mode
#> False
