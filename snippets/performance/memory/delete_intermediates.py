import weakref

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

fc1, fc2 = nn.Linear(64, 256), nn.Linear(256, 1)
x = torch.randn(32, 64)

# 计算图还存着它，直到反向结束 | the graph holds it until backward is done
hidden = fc1(x).relu()
watch = weakref.ref(hidden)
score = fc2(hidden)
del hidden  # 只删掉这个名字 | removes the name only
print("alive after del", watch() is not None)
#> alive after del True
score.sum().backward()
print("alive after backward", watch() is not None)
#> alive after backward False

# 不记录计算图，del 当场释放 | without a graph, del frees at once
with torch.no_grad():
    hidden = fc1(x).relu()
    watch = weakref.ref(hidden)
    score = fc2(hidden)
    del hidden
    print("alive under no_grad", watch() is not None)
    #> alive under no_grad False


# 激活检查点：不保存，反向时重算 | activation checkpointing: recomputed in backward
def layers(x):
    hidden = fc1(x).relu()
    return fc2(hidden), weakref.ref(hidden)


score, watch = checkpoint(layers, x, use_reentrant=False)
print("alive with checkpoint", watch() is not None)
#> alive with checkpoint False
score.sum().backward()
