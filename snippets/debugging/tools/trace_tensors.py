import traceback
from pathlib import Path

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, resolve_name

TORCH = str(Path(torch.__file__).parent)


class Trace(TorchFunctionMode):
    def __init__(self, write=print):
        super().__init__()
        self.write = write

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        # 最近一行不属于 torch 的代码 | the closest line of code outside torch
        stack = reversed(traceback.extract_stack()[:-1])
        line = next(f.lineno for f in stack if TORCH not in f.filename)
        name = (resolve_name(func) or func.__name__).rpartition(".")[2]
        for t in result if isinstance(result, tuple) else (result,):
            if isinstance(t, torch.Tensor):
                what = f"{list(t.shape)} {t.dtype} {t.device}"
                self.write(f"{line} {name} {what} {t.requires_grad}")
        return result


model = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2)
)
images = torch.rand(4, 3, 8, 8)

# 不传参数就边跑边 print | without an argument it prints as it goes
lines = []
with Trace(lines.append):
    logits = model(images)
    probs = logits.softmax(dim=1)
    best, index = probs.max(dim=1)
    count = (index == 0).sum()
print(*lines, sep="\n")
#> 37 conv2d [4, 8, 6, 6] torch.float32 cpu True
#> 37 relu [4, 8, 6, 6] torch.float32 cpu True
#> 37 flatten [4, 288] torch.float32 cpu True
#> 37 linear [4, 2] torch.float32 cpu True
#> 38 softmax [4, 2] torch.float32 cpu True
#> 39 max [4] torch.float32 cpu True
#> 39 max [4] torch.int64 cpu False
#> 40 __eq__ [4] torch.bool cpu False
#> 40 sum [] torch.int64 cpu False
