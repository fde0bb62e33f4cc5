from traceback import extract_stack

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves


#[
class Trace(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        # 自己代码的行号，最后一个是本行 | lines of own code, this one last
        at = [n for f, n, *_ in extract_stack() if "-packages" not in f]
        for t in filter(torch.is_tensor, tree_leaves(out)):
            what = [*t.shape], t.dtype, t.device, t.requires_grad
            print(at[-2], func.__name__, *what)
            #~ 36 conv2d [4, 8, 6, 6] torch.float32 cpu True
            #~ 36 relu [4, 8, 6, 6] torch.float32 cpu True
            #~ 36 flatten [4, 288] torch.float32 cpu True
            #~ 36 linear [4, 2] torch.float32 cpu True
            #~ 37 max [4] torch.float32 cpu True
            #~ 37 max [4] torch.int64 cpu False
            #~ 38 __eq__ [4] torch.bool cpu False
            #~ 38 sum [] torch.int64 cpu False
        return out


#]


model = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2)
)
images = torch.rand(4, 3, 8, 8)

with Trace():
    logits = model(images)
    best, index = logits.max(dim=1)
    count = (index == 0).sum()
