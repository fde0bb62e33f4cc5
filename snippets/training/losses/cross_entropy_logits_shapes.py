import torch
import torch.nn.functional as F

# 分割：类别在第 1 维 | segmentation: classes are dimension 1
logits = torch.randn(2, 5, 8, 8)  # (N, C, H, W)
mask = torch.randint(5, (2, 8, 8))  # (N, H, W)
loss = F.cross_entropy(logits, mask)

# 序列：展平，-100 不计入 | sequences: flatten; -100 is left out
logits = torch.randn(2, 6, 5)  # (N, L, C)
tokens = torch.randint(5, (2, 6))  # (N, L)
tokens[1, 4:] = -100
loss = F.cross_entropy(logits.flatten(0, 1), tokens.flatten())

# 二分类、多标签：目标为浮点 | binary, multi-label: float targets
logits = torch.randn(2, 3)
flags = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
loss = F.binary_cross_entropy_with_logits(logits, flags)
