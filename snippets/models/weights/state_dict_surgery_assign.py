import torch
from torch import nn

state = nn.Linear(4, 3, dtype=torch.bfloat16).state_dict()

model = nn.Linear(4, 3)
model.load_state_dict(state)  # 复制并转换 | copies and casts
print(model.weight.dtype)
#> torch.float32

with torch.device("meta"):  # 不占内存 | takes no memory
    model = nn.Linear(4, 3)
model.load_state_dict(state, assign=True)  # 直接采用 | takes them over
print(model.weight.dtype, model.weight.is_meta)
#> torch.bfloat16 False
