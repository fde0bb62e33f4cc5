from torch import nn
from torchvision.models import resnet18

model = resnet18(weights=None)

convs = {
    name: module
    for name, module in model.named_modules()
    if isinstance(module, nn.Conv2d)
}
print(len(convs), list(convs)[:3])
#> 20 ['conv1', 'layer1.0.conv1', 'layer1.0.conv2']
