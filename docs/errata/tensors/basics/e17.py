import torch

assert torch.Tensor([16777217]).dtype == torch.float32
assert torch.Tensor([16777217]).item() == 16777216
assert torch.tensor([16777217]).item() == 16777217
torch.use_deterministic_algorithms(True)  # fills uninitialized memory with NaN
assert torch.Tensor(1, 2, 3).isnan().all()
assert torch.zeros(1, 2, 3).eq(0).all()
