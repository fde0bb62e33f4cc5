import torch

a = torch.ones(2)
torch.zero_(a)
assert a.tolist() == [0, 0]
assert torch.relu_(torch.tensor([-1.0])).item() == 0
for name in ("view", "expand", "item"):
    assert hasattr(torch.Tensor, name) and not hasattr(torch, name)
assert hasattr(torch, "cat") and not hasattr(torch.Tensor, "cat")
