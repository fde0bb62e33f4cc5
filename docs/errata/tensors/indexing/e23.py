import torch

a = torch.rand(4, 3, 28, 28)
assert torch.equal(a[:2, 1:][:, 0], a[:2, 1])
assert a[:2, 1:].shape == (2, 2, 28, 28)
points = torch.tensor([[1, 4], [2, 1], [3, 5]])
assert points[1:].tolist() == [[2, 1], [3, 5]]
assert torch.arange(28)[::2][:3].tolist() == [0, 2, 4]
assert a[:2, -1:].shape == (2, 1, 28, 28)
assert a[:2, -1].shape == (2, 28, 28)
