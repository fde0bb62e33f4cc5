import torch
import torch.nn.functional as F
from torch import nn

model = nn.Linear(4, 3)  # 末尾没有 softmax | no softmax at the end
x, labels = torch.randn(8, 4), torch.randint(3, (8,))

#[
logits = model(x)  # (N, C)
loss = F.cross_entropy(logits, labels)  # (N,)，0 … C-1 | (N,), 0 … C-1

predictions = logits.argmax(dim=1)
probabilities = logits.softmax(dim=1)  # 要概率才做 | if you need them
#]
print(logits.shape, labels.shape, labels.dtype)
#> torch.Size([8, 3]) torch.Size([8]) torch.int64
