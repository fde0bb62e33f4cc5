import numpy as np
import torch
from torch.utils.data import default_collate

sample = {
    "tensor": torch.zeros(2),
    "array": np.zeros(2),
    "int": 1,
    "float": 0.5,
    "list": [1, 2],
    "str": "cat",
}
# 与 DataLoader 默认的组批相同 | what DataLoader does by default
batch = default_collate([sample, sample, sample])

for name in ("tensor", "array", "int", "float"):
    print(f"{name:6} {tuple(batch[name].shape)} {batch[name].dtype}")
    #> tensor (3, 2) torch.float32
    #> array  (3, 2) torch.float64
    #> int    (3,) torch.int64
    #> float  (3,) torch.float64
print(batch["list"], batch["str"])
#> [tensor([1, 1, 1]), tensor([2, 2, 2])] ['cat', 'cat', 'cat']
