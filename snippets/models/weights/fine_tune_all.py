import torch
from torch import nn
from torchvision.models import resnet18

model = resnet18(num_classes=5)

head, backbone = [], []
for name, param in model.named_parameters():
    (head if name.startswith("fc.") else backbone).append(param)
optimizer = torch.optim.AdamW(
    [{"params": backbone, "lr": 1e-5}, {"params": head, "lr": 1e-3}]
)

model.requires_grad_(True)
model.train()
for module in model.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.eval()  # 保留统计量 | keep the statistics

print([(len(g["params"]), g["lr"]) for g in optimizer.param_groups])
#> [(60, 1e-05), (2, 0.001)]
