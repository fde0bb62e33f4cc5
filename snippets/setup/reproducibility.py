import random

import numpy as np
import torch


#[
def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # CPU 和所有 GPU | the CPU and all GPUs


seed_everything(0)
torch.use_deterministic_algorithms(True)
torch.backends.cudnn.benchmark = False
#]
print(torch.rand(3))
#> tensor([0.4963, 0.7682, 0.0885])
