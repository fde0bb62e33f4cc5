import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

# 每个样本可有几个标签 | a sample may have several labels
labels = [[0], [0, 2], [], [0, 1], [0], [], [0, 2], [1]]
y = torch.zeros(len(labels), 3)  # (N, C)
for row, classes in zip(y, labels):
    row[classes] = 1

# 每类：负样本数 / 正样本数 | per class: negatives / positives
positives = y.sum(dim=0)
pos_weight = (len(y) - positives) / positives.clamp(min=1)
loss_fn = nn.BCEWithLogitsLoss(pos_weight=pos_weight).to(device)
print(pos_weight)
#> tensor([0.6000, 3.0000, 3.0000])

model = nn.Linear(16, 3).to(device)
x = torch.randn(8, 16, device=device)
logits = model(x)  # (N, C)
loss = loss_fn(logits, y.to(device))

# 每类一个阈值，在验证集上选 | one threshold per class, from validation
thresholds = torch.tensor([0.5, 0.3, 0.4], device=device)
pred = logits.sigmoid() > thresholds  # (N, C)
