import torch

for name in ("RAdam", "NAdam", "Adafactor", "Muon"):
    w = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = getattr(torch.optim, name)([w])
    w.square().sum().backward()
    optimizer.step()
    assert w.mean() < 1
