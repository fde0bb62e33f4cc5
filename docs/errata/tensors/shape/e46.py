import torch

tensor = torch.rand(2, 3, 4)
assert torch.reshape(tensor, (6, 4)).shape[0] == 6
assert tensor.flatten(1).shape == (2, 12)
