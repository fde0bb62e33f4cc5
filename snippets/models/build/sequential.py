import torch
from torch import nn

#[
model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(16, 10),
)
#]
images = torch.rand(2, 3, 32, 32)
print(model(images).shape)
#> torch.Size([2, 10])

conv = model[0]  # 按序号取层 | a layer, by index
features = model[:-1](images)  # 切片仍是 Sequential | a slice is one too
model[-1] = nn.Linear(16, 5)  # 换掉最后一层 | replace the last layer
print(features.shape, model(images).shape)
#> torch.Size([2, 16]) torch.Size([2, 5])
