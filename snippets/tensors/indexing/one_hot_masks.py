import torch
import torch.nn.functional as F

num_classes = 4

# 语义分割：类别移到通道维 | segmentation: move the classes to the channels
mask = torch.randint(num_classes, (2, 8, 8))  # (N, H, W)
channels = F.one_hot(mask, num_classes=num_classes).movedim(-1, 1)
print(channels.shape)
#> torch.Size([2, 4, 8, 8])

# 含忽略标签：改用比较，该行全为 0 | with an ignored label: compare, its row is all zeros
noisy = torch.tensor([1, -100])
classes = torch.arange(num_classes, device=noisy.device)
rows = (noisy[:, None] == classes).to(torch.float32)
print(rows)
#> tensor([[0., 1., 0., 0.],
#>         [0., 0., 0., 0.]])
