import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 8, 3),
    nn.BatchNorm2d(8),
    nn.Flatten(),
    nn.Linear(8, 2),
)

#[
named = list(model.named_parameters())
decay = [(n, p) for n, p in named if p.ndim > 1]
no_decay = [(n, p) for n, p in named if p.ndim <= 1]
groups = [
    {"params": decay},
    {"params": no_decay, "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=1e-3, weight_decay=0.1)
#]

# 核对每组有哪些参数 | check what is in each group
for group in optimizer.param_groups:
    print(group["weight_decay"], group["param_names"])
    #> 0.1 ['0.weight', '3.weight']
    #> 0.0 ['0.bias', '1.weight', '1.bias', '3.bias']
