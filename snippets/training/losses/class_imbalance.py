import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

num_classes = 4
# 训练集里没有类别 3 | class 3 is absent from the training set
labels = torch.tensor([0] * 80 + [1] * 16 + [2] * 4)

# 缺席的类别计数为 0，clamp 避免除以 0 | an absent class counts 0; clamp avoids dividing by it
counts = torch.bincount(labels, minlength=num_classes)
weight = len(labels) / (num_classes * counts.clamp(min=1))
print(counts.tolist(), weight.tolist())
#> [80, 16, 4, 0] [0.3125, 1.5625, 6.25, 25.0]

# 出现过的类别总权重相等 | the classes that occur have equal total weight
print((counts * weight).tolist())
#> [25.0, 25.0, 25.0, 0.0]

# weight 是缓冲区，随损失移到设备 | weight is a buffer and moves with the loss
loss_fn = nn.CrossEntropyLoss(weight=weight).to(device)
model = nn.Linear(8, num_classes).to(device)
x = torch.randn(16, 8).to(device)
y = labels[:16].to(device)  # 只有类别 0 | class 0 only
loss = loss_fn(model(x), y)
print(loss.isfinite().item())
#> True
