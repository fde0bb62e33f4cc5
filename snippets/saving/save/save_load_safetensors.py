import tempfile
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

path = Path(tempfile.mkdtemp(), "model.safetensors")
model = nn.Linear(4, 3)

save_file(model.state_dict(), path, metadata={"classes": "3"})
model.load_state_dict(load_file(path))

# 不读全部，只看元数据和一个张量 | metadata and one tensor, not the whole file
with safe_open(path, framework="pt") as file:
    print(file.metadata(), file.get_tensor("weight").shape)
    #> {'classes': '3'} torch.Size([3, 4])
