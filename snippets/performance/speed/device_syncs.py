import torch
import torch.nn.functional as F
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
x = torch.randn(256, 2)
y = (x.sum(dim=1) > 0).long()
# 数据放得下就一次搬完 | data that fits is moved once
x, y = x.to(device), y.to(device)
model = nn.Linear(2, 2).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

for _ in range(3):
    # 累加器在设备上 | the totals live on the device
    loss_sum = torch.zeros((), device=device)
    correct = torch.zeros((), device=device)
    for inputs, labels in zip(x.split(64), y.split(64), strict=True):
        logits = model(inputs)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # detach()：不留计算图 | detach(): no graph is kept
        loss_sum += loss.detach() * len(labels)
        correct += (logits.argmax(dim=1) == labels).sum()
    # 每个 epoch 只传一次 | one transfer per epoch
    totals = torch.stack((loss_sum, correct)) / len(y)
    mean_loss, accuracy = totals.tolist()

print(loss_sum.requires_grad, accuracy > 0.9)
#> False True
