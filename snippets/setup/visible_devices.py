import os

#[
# 写在 import torch 之前 | before import torch
os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0,1")
#]
import torch

# 最多 2 张：cuda:0 和 cuda:1 | 2 at most: cuda:0 and cuda:1
print(torch.cuda.device_count(), "GPUs")
#~ 0 GPUs
