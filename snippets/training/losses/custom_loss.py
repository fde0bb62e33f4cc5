import torch
from torch import nn


class QuantileLoss(nn.Module):
    def __init__(self, q):
        super().__init__()
        self.q = q

    def forward(self, pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"{pred.shape} != {target.shape}")
        error = target - pred
        loss = torch.maximum(self.q * error, (self.q - 1) * error)
        return loss.mean()


loss_fn = QuantileLoss(0.75)
pred = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
target = torch.tensor([1.0, 2.0, 3.0])

# 全部预测正确，却广播成 (3, 3) | every prediction is right, yet they broadcast to (3, 3)
squared = (pred - target) ** 2
print(squared.shape, squared.mean().item() > 0)
#> torch.Size([3, 3]) True

# 检查形状，拒绝广播 | check the shapes, refuse to broadcast
try:
    loss_fn(pred, target)
except ValueError as e:
    print(e)
    #> torch.Size([3, 1]) != torch.Size([3])
print(loss_fn(pred.squeeze(1), target).item())
#> 0.0

# 低估 1 的损失是高估 1 的 3 倍 | 1 too low costs 3 times as much as 1 too high
low, high = loss_fn(target - 1, target), loss_fn(target + 1, target)
print(low.item(), high.item())
#> 0.75 0.25
