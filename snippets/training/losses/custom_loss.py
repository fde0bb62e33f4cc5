import torch
from torch import nn


#[
def quantile_loss(pred, target, q):
    if pred.shape != target.shape:  # 拒绝广播 | refuse to broadcast
        raise ValueError(f"{pred.shape} != {target.shape}")
    error = target - pred
    return torch.maximum(q * error, (q - 1) * error).mean()


#]
model = nn.Linear(4, 1)
x, y = torch.randn(8, 4), torch.arange(8.0)
pred = model(x).squeeze(1)  # (N, 1) -> (N,)
loss = quantile_loss(pred, y, q=0.75)
loss.backward()

# 低估 1 的损失是高估 1 的 3 倍 | 1 too low costs 3 times as much as 1 too high
print(quantile_loss(y - 1, y, 0.75), quantile_loss(y + 1, y, 0.75))
#> tensor(0.7500) tensor(0.2500)
