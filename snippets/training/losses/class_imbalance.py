import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

num_classes = 4
# 训练集的全部标签 | all labels of the training set
labels = torch.tensor([0] * 50 + [1] * 25 + [2] * 20 + [3] * 5)

#[
counts = torch.bincount(labels, minlength=num_classes)
weight = len(labels) / (num_classes * counts.clamp(min=1))
# weight 随损失移到设备 | weight moves to the device with the loss
loss_fn = nn.CrossEntropyLoss(weight=weight).to(device)
#]
print(weight)
#> tensor([0.5000, 1.0000, 1.2500, 5.0000])

model = nn.Linear(8, num_classes).to(device)
x = torch.randn(16, 8, device=device)
y = torch.randint(num_classes, (16,), device=device)
loss = loss_fn(model(x), y)
