import torch

tensor = torch.rand(64, 512)
torch.reshape(tensor, (64, 512, 1, 1)).expand(64, 512, 7, 7)
assert tensor.shape == (64, 512)
grid = tensor[:, :, None, None].expand(-1, -1, 7, 7)
assert grid.shape == (64, 512, 7, 7)
assert grid.clone().add_(1).shape == grid.shape
grid.add_(1)
