import os

# 写在 import torch 之前 | goes before import torch
os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
os.environ["CUDA_VISIBLE_DEVICES"] = "0,1"

import torch

# 最多两张：cuda:0 和 cuda:1 | two at most: cuda:0 and cuda:1
print(torch.cuda.device_count() <= 2)
#> True
