import io

import torch
from torch import nn


def build(classes):
    body, head = nn.Linear(8, 4), nn.Linear(4, classes)
    return nn.ModuleDict({"body": body, "head": head})


# 检查点：10 类，键带 DDP 的前缀 | a checkpoint: 10 classes, the prefix of DDP
saved = build(classes=10).state_dict()
file = io.BytesIO()  # 代替 "model.pt" | stands for "model.pt"
torch.save({f"module.{k}": v for k, v in saved.items()}, file)
file.seek(0)

model = build(classes=3)

#[
state = torch.load(file, map_location="cpu", weights_only=True)
state = {k.removeprefix("module."): v for k, v in state.items()}
own = model.state_dict()
for k in own.keys() & state.keys():
    if own[k].shape != state[k].shape:
        del state[k]
missing, unexpected = model.load_state_dict(state, strict=False)
#]
print(missing, unexpected)
#> ['head.weight', 'head.bias'] []
if unexpected or not all(k.startswith("head.") for k in missing):
    raise RuntimeError("wrong checkpoint")
