import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(0)
x = torch.randn(64, 8)
y = x @ torch.randn(8, 1)

for kind in (optim.RAdam, optim.NAdam, optim.Adafactor, optim.Muon):
    # Muon 只收二维参数，偏置另给 AdamW | Muon takes 2-D parameters only: biases go to AdamW
    model = nn.Linear(8, 1, bias=False)
    optimizer = kind(model.parameters(), lr=0.1)
    losses = []
    for _ in range(100):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    print(kind.__name__, (losses[-1] < 0.1 * losses[0]).item())
    #> RAdam True
    #> NAdam True
    #> Adafactor True
    #> Muon True
