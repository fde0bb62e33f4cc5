import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.models.feature_extraction import (
    create_feature_extractor,
)

model = resnet18(weights=None).eval()
images = torch.rand(1, 3, 64, 64)

# 按名字取一层 | one layer, by name
conv = model.get_submodule("layer1.0.conv1")

# 前四个子模块 | the first four children
stem = nn.Sequential(*list(model.children())[:4])
print(tuple(stem(images).shape))
#> (1, 64, 16, 16)

# 按名字取中间输出 | intermediate outputs, by name
extractor = create_feature_extractor(model, ["layer2", "avgpool"])
for name, output in extractor(images).items():
    print(name, tuple(output.shape))
    #> layer2 (1, 128, 8, 8)
    #> avgpool (1, 512, 1, 1)

# 去掉分类头 | without the classification head
model.fc = nn.Identity()
print(tuple(model(images).shape))
#> (1, 512)
