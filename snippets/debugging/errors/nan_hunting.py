from functools import partial

import torch
from torch import nn
from torch.utils._pytree import tree_leaves


class Log(nn.Module):
    def forward(self, x):
        return x.log()


model = nn.Sequential(
    nn.Linear(4, 8), nn.ReLU(), Log(), nn.Linear(8, 3)
)
x = torch.randn(8, 4)


#[
def stop(name, module, args, output):
    for t in filter(torch.is_tensor, tree_leaves(output)):
        if not t.isfinite().all():
            raise FloatingPointError(f"{name}: {module}")


for name, module in model.named_modules():
    module.register_forward_hook(partial(stop, name))
#]

try:  # 自己的代码里不需要 | your own code does not need it
    model(x)
except FloatingPointError as e:
    print(e)
    #> 2: Log()
