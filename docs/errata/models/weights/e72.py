from torch import nn
from torchvision.models import resnet18

conv_model = nn.Sequential()
for layer in resnet18().named_modules():
    if isinstance(layer[1], nn.Conv2d):
        conv_model.add_module(layer[0], layer[1])
