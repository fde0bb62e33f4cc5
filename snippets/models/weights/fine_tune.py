import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

weights = ResNet18_Weights.DEFAULT
preprocess = weights.transforms()  # 与预训练相同 | as in pretraining
# weights=weights 会下载；这里离线 | weights=weights downloads; offline here
model = resnet18(weights=None)

#[
model.requires_grad_(False)  # 先冻结，再换头 | freeze, then a new head
model.fc = nn.Linear(model.fc.in_features, 5)
model.to(device)
optimizer = torch.optim.AdamW(model.fc.parameters(), lr=1e-3)

model.eval()  # 骨干的 BatchNorm 不更新 | BatchNorm of the backbone rests
model.fc.train()
#]
images = preprocess(torch.rand(4, 3, 240, 320)).to(device)
labels = torch.tensor([0, 1, 2, 3], device=device)
F.cross_entropy(model(images), labels).backward()
optimizer.step()
print([n for n, p in model.named_parameters() if p.requires_grad])
#> ['fc.weight', 'fc.bias']
