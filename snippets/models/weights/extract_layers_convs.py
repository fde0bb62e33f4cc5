from collections import OrderedDict

from torch import nn

stem, relu = nn.Conv2d(3, 8, 3), nn.ReLU()
stage = nn.Sequential(nn.Conv2d(8, 8, 3), relu, nn.Conv2d(8, 16, 3))
model = nn.Sequential(OrderedDict(stem=stem, stage=stage))

convs = {
    name: module
    for name, module in model.named_modules()
    if isinstance(module, nn.Conv2d)
}
print(list(convs))
#> ['stem', 'stage.0', 'stage.2']

# 子模块的名字不能含点 | a submodule's name cannot contain a dot
try:
    nn.ModuleDict(convs)
except KeyError as e:
    print(e.args[0])
    #> module name can't contain ".", got: stage.0

renamed = {name.replace(".", "_"): conv for name, conv in convs.items()}
print(list(nn.ModuleDict(renamed)))
#> ['stem', 'stage_0', 'stage_2']
