import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn.modules.utils import (
    consume_prefix_in_state_dict_if_present,
)

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


def build(classes):
    body, head = nn.Linear(8, 4), nn.Linear(4, classes)
    return nn.ModuleDict({"body": body, "head": head})


# 10 类的断点，前缀是 DDP 加的 | a checkpoint with 10 classes and the prefix that DDP adds
saved = build(classes=10).state_dict()
saved = {f"module.{name}": tensor for name, tensor in saved.items()}
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.pt"
    torch.save(saved, path)
    state = torch.load(path, map_location=device, weights_only=True)

model = build(classes=3).to(device)

# 去掉前缀，再去掉形状不同的 | strip the prefix, then drop what differs in shape
consume_prefix_in_state_dict_if_present(state, "module.")
for name, tensor in model.state_dict().items():
    if name in state and state[name].shape != tensor.shape:
        del state[name]

missing, unexpected = model.load_state_dict(state, strict=False)
print(missing, unexpected)
#> ['head.weight', 'head.bias'] []
if set(missing) != {"head.weight", "head.bias"} or unexpected:
    raise RuntimeError("wrong checkpoint")
