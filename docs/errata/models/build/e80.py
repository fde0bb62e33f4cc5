from torch import nn

methods = {name for name in dir(list) if not name.startswith("_")}
missing = {name for name in methods if not hasattr(nn.ModuleList, name)}
assert missing == {"clear", "copy", "count", "index", "remove", "reverse", "sort"}
layers = nn.ModuleList([nn.Conv2d(1, 20, 5)])
layers.append(nn.ReLU())
layers.extend([nn.Tanh()])
assert isinstance(layers[1], nn.ReLU) and len(layers[1:]) == 2
nn.ModuleList([nn.Conv2d])
