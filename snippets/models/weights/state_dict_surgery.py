import re

import torch
from torch import nn

# 旧检查点：10 个 token、2 类 | a checkpoint: 10 tokens, 2 classes
state = {
    "module._orig_mod.tok.weight": torch.ones(10, 4),
    "module._orig_mod.head.weight": torch.ones(2, 4),
    "module._orig_mod.head.bias": torch.ones(2),
    "module._orig_mod.scale": torch.ones(1),
}
model = nn.ModuleDict(
    {
        "embed": nn.Embedding(12, 4),
        "norm": nn.LayerNorm(4),
        "head": nn.Linear(4, 3),
    }
)

#[
for k in list(state):  # 去前缀，改名 | strip prefixes, rename
    key = k.replace("_orig_mod.", "").removeprefix("module.")
    state[re.sub(r"^tok\.", "embed.", key)] = state.pop(k)
for k in ("embed.weight", "head.weight", "head.bias"):  # 改行数 | resize
    new, old = model.state_dict()[k].clone(), state[k]
    new[: len(old)] = old[: len(new)]
    state[k] = new
missing, unexpected = model.load_state_dict(state, strict=False)
#]
print(missing, unexpected)
#> ['norm.weight', 'norm.bias'] ['scale']
print(model["head"].bias[:2].tolist())
#> [1.0, 1.0]
