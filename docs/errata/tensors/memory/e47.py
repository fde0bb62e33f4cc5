import torch

tensor = torch.ones(2, requires_grad=True)
assert not tensor.detach().clone().requires_grad
tensor.detach.clone()()
