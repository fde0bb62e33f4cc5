import torch

x = torch.tensor([[1, 0], [0, 7]])
assert torch.nonzero(x).shape == (2, x.dim())
assert torch.nonzero(x).dtype == torch.int64
assert x[torch.nonzero(x)].shape == (2, 2, 2)
assert x[torch.nonzero(x, as_tuple=True)].tolist() == [1, 7]
assert torch.count_nonzero(x) == 2
