import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.models.feature_extraction import (
    create_feature_extractor,
)

model = resnet18(weights=None).eval()
images = torch.rand(1, 3, 64, 64)

#[
# 按名字取一层；前四个子模块 | a layer by name; the first four children
conv = model.get_submodule("layer1.0.conv1")
stem = nn.Sequential(*list(model.children())[:4])

# 中间输出，键是层的名字 | intermediate outputs, keyed by layer
extractor = create_feature_extractor(model, ["layer2", "avgpool"])
features = extractor(images)
#]
print({name: tuple(f.shape) for name, f in features.items()})
#> {'layer2': (1, 128, 8, 8), 'avgpool': (1, 512, 1, 1)}

model.fc = nn.Linear(model.fc.in_features, 5)  # 换分类头 | a new head
print(model(images).shape)
#> torch.Size([1, 5])

model.fc = nn.Identity()  # 去掉分类头 | no head
print(model(images).shape)
#> torch.Size([1, 512])
