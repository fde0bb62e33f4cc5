import torch

torch.backends.cudnn.benchmark = True
torch.backends.cudnn.deterministic = True
assert torch.backends.cudnn.benchmark
assert not torch.are_deterministic_algorithms_enabled()
