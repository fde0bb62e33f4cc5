import torch

with torch.zero_grad():
    pass
