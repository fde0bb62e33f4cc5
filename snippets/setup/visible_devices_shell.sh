# 只用 0、1 号 GPU | GPUs 0 and 1 only
CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0,1 \
  python -c "import os; print(os.environ['CUDA_VISIBLE_DEVICES'])"

# 隐藏所有 GPU | hide every GPU
CUDA_VISIBLE_DEVICES="" \
  python -c "import torch; assert not torch.cuda.is_available()"
