from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    nn.Linear(16, 3),
)


#[
def init_weights(module):
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
    elif isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


model.apply(init_weights)
#]
print(model[-1].bias.tolist())
#> [0.0, 0.0, 0.0]
