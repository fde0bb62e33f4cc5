import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(16, 1).to(device)
loss_fn = nn.BCEWithLogitsLoss()
x = torch.randn(8, 16, device=device)
y = torch.randint(2, (8,), device=device)

#[
logits = model(x).squeeze(1)  # (N, 1) -> (N,)
loss = loss_fn(logits, y.float())

# 预测 | predict
probs = logits.sigmoid()
pred = probs > 0.5
accuracy = (pred == y).float().mean()
#]
print(logits.shape, y.shape)
#> torch.Size([8]) torch.Size([8])
