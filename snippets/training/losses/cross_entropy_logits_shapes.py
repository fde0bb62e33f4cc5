import torch
import torch.nn.functional as F

torch.manual_seed(0)
# 类别总在第 1 维：分割 (N, C, H, W) | classes are always dimension 1: segmentation (N, C, H, W)
scores = torch.randn(2, 5, 8, 8)
mask = torch.randint(5, (2, 8, 8))
pixel_losses = F.cross_entropy(scores, mask, reduction="none")
print(pixel_losses.shape)
#> torch.Size([2, 8, 8])

# 序列 (N, L, C)：展平；目标为 -100 的不计入 | sequences (N, L, C): flatten; targets of -100 are left out
logits = torch.randn(2, 6, 5)
tokens = torch.randint(5, (2, 6))
tokens[1, 4:] = -100
sequence_loss = F.cross_entropy(logits.flatten(0, 1), tokens.flatten())

kept = tokens != -100
same = F.cross_entropy(logits[kept], tokens[kept])
torch.testing.assert_close(sequence_loss, same)

# 二分类、多标签：每个目标一个 logit，目标为浮点 | binary, multi-label: one logit per target, targets are floats
flag_logits = torch.randn(2, 3)
flags = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
flag_loss = F.binary_cross_entropy_with_logits(flag_logits, flags)
