import torch

torch.manual_seed(0)
y = torch.nn.Dropout(0.9)(torch.ones(100_000))
assert 0.09 < (y > 0).float().mean() < 0.11
assert torch.allclose(y.max(), torch.tensor(10.0))
