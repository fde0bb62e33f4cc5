import torch

torch.autograd.profiler.profile(enabled=True, use_cuda=False)
