import torch
from torch import nn

body = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
)
with torch.no_grad():
    features = body(torch.zeros(1, 3, 32, 32)).shape[1]

model = nn.Sequential(body, nn.Linear(features, 10))
print(features, model(torch.rand(4, 3, 32, 32)).shape)
#> 3600 torch.Size([4, 10])
