import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


class QuantileLoss(nn.Module):
    def __init__(self, quantiles):
        super().__init__()
        self.register_buffer("q", torch.tensor(quantiles))

    def forward(self, pred, target):  # (N, Q), (N,)
        if pred.shape != (len(target), len(self.q)):
            raise ValueError(f"{pred.shape}, {target.shape}")
        error = target[:, None] - pred
        loss = torch.maximum(self.q * error, (self.q - 1) * error)
        return loss.mean()


loss_fn = QuantileLoss([0.1, 0.5, 0.9]).to(device)  # q 也移动 | q moves too
model = nn.Linear(4, 3).to(device)
x, y = torch.randn(8, 4, device=device), torch.randn(8, device=device)
loss = loss_fn(model(x), y)
loss.backward()
