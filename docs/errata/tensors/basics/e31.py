import torch

tensor = torch.rand(3, 4, 1, 2)
tensor = tensor.cpu()
assert tensor.dtype == torch.float32
tensor = tensor.float()
tensor = tensor.long()
assert tensor.count_nonzero() == 0
assert torch.tensor([0.9, -1.9]).long().tolist() == [0, -1]
assert torch.tensor([0.9, -1.9]).round().long().tolist() == [1, -2]

original = points = torch.tensor([[1.0, 4.0]])
points = 2 * points
points_gpu = 2 * points.to(device="cpu")
assert torch.equal(points_gpu, 4 * original)
