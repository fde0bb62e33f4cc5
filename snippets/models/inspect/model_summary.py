import torch
from torch import nn
from torchinfo import summary

model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 10),
)
images = torch.zeros(1, 3, 32, 32)

#[
# verbose=0：只返回，由 print 输出 | verbose=0: return it, print shows it
info = summary(model, input_data=images, col_width=14, verbose=0)
print(info)
#> ====================================================================
#> Layer (type:depth-idx)                   Output Shape   Param #
#> ====================================================================
#> Sequential                               [1, 10]        --
#> ├─Conv2d: 1-1                            [1, 8, 32, 32] 224
#> ├─BatchNorm2d: 1-2                       [1, 8, 32, 32] 16
#> ├─ReLU: 1-3                              [1, 8, 32, 32] --
#> ├─AdaptiveAvgPool2d: 1-4                 [1, 8, 1, 1]   --
#> ├─Flatten: 1-5                           [1, 8]         --
#> ├─Linear: 1-6                            [1, 10]        90
#> ====================================================================
#> Total params: 330
#> Trainable params: 330
#> Non-trainable params: 0
#> Total mult-adds (Units.MEGABYTES): 0.23
#> ====================================================================
#> Input size (MB): 0.01
#> Forward/backward pass size (MB): 0.13
#> Params size (MB): 0.00
#> Estimated Total Size (MB): 0.14
#> ====================================================================
#]
