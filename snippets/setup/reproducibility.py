import os
import random

# 写在首次使用 CUDA 之前 | goes before the first use of CUDA
os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"

import numpy as np
import torch
from torch import nn

torch.use_deterministic_algorithms(True)
torch.backends.cudnn.benchmark = False


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # CPU 和所有 GPU | the CPU and every GPU


gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


def step(seed):
    seed_everything(seed)
    model = nn.Sequential(nn.Linear(8, 1), nn.Dropout()).to(device)
    x = torch.randn(16, 8, device=device)
    model(x).square().mean().backward()
    grad = model[0].weight.grad.tolist()
    return grad, np.random.rand(), random.random()


print(step(0) == step(0), step(0) == step(1))
#> True False
