import torch

NCHW = ["N", "C", "H", "W"]
images = torch.randn(32, 3, 56, 56, names=NCHW)
