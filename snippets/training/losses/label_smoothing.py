import torch
from torch import nn

#[
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)  # 训练 | training
val_loss_fn = nn.CrossEntropyLoss()  # 验证 | validation
#]

logits = torch.tensor([[5.0, 0.0, 0.0, 0.0, 0.0]])
labels = torch.tensor([0])
loss, val_loss = loss_fn(logits, labels), val_loss_fn(logits, labels)
print(f"{loss:.2f}, {val_loss:.2f}")
#> 0.43, 0.03
