import torch

assert torch.allclose(torch.ones(3, 4), torch.tensor(1.0))
assert torch.allclose(torch.tensor(1e-9), torch.tensor(9e-9))
assert not torch.allclose(torch.tensor(1e-9), torch.tensor(9e-9), rtol=1e-5, atol=0)
torch.allclose(torch.ones(2), torch.ones(2, dtype=torch.float64))
