import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
x, y = torch.rand(16, 4), torch.randint(3, (16,))

#[
matrices = [p for p in model.parameters() if p.ndim == 2]
others = [p for p in model.parameters() if p.ndim != 2]
muon = torch.optim.Muon(
    matrices, lr=1e-3, adjust_lr_fn="match_rms_adamw"
)
adamw = torch.optim.AdamW(others, lr=1e-3)
#]

loss = nn.functional.cross_entropy(model(x), y)
loss.backward()
for optimizer in (muon, adamw):
    optimizer.step()
    optimizer.zero_grad()
