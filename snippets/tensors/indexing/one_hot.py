import torch
import torch.nn.functional as F

num_classes = 4
labels = torch.tensor([0, 2, 1, 2])

one_hot = F.one_hot(labels, num_classes=num_classes)
print(one_hot.tolist())
#> [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
print(torch.equal(one_hot.argmax(dim=1), labels))
#> True

# 结果是 int64，概率形式的目标要转成浮点 | the result is int64, probability targets must be floats
targets = one_hot.to(torch.float32)
print(one_hot.dtype, targets.dtype)
#> torch.int64 torch.float32

# 类别在最后一维；语义分割移到通道维 | classes come last; move them to channels for segmentation
mask = torch.randint(num_classes, (2, 8, 8))  # (N, H, W)
channels = F.one_hot(mask, num_classes=num_classes).movedim(-1, 1)
print(channels.shape)
#> torch.Size([2, 4, 8, 8])

# 含忽略标签：改用比较，该行全为 0 | with an ignored label: compare, its row is all zeros
noisy = torch.tensor([1, -100])
classes = torch.arange(num_classes, device=noisy.device)
rows = (noisy[:, None] == classes).to(torch.float32)
print(rows.tolist())
#> [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
