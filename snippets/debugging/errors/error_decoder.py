from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn


#[
@contextmanager
def explain(**tensors):
    try:
        yield
    except Exception as e:
        for name, t in tensors.items():
            e.add_note(f"{name}: {[*t.shape]} {t.dtype} {t.device}")
        raise


#]
model = nn.Linear(784, 10)
x = torch.randn(32, 1, 28, 28)
y = torch.randint(10, (32,))

try:  # 自己的代码里不需要 | your own code does not need it
    with explain(x=x, y=y, weight=model.weight):
        loss = F.cross_entropy(model(x), y)
except RuntimeError as e:
    print(e, *e.__notes__, sep="\n")
    #> mat1 and mat2 shapes cannot be multiplied (896x28 and 784x10)
    #> x: [32, 1, 28, 28] torch.float32 cpu
    #> y: [32] torch.int64 cpu
    #> weight: [10, 784] torch.float32 cpu
