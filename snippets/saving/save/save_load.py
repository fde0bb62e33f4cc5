import tempfile
from pathlib import Path

import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


def build_model():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


model = build_model().to(device)
# 项目里写 Path("model.pt") | in a project: Path("model.pt")
path = Path(tempfile.mkdtemp(), "model.pt")

#[
torch.save(model.state_dict(), path)

model = build_model()  # 先建同样的模型 | build the same model first
state = torch.load(path, map_location="cpu", weights_only=True)
model.load_state_dict(state)
model.to(device).eval()
#]
print(list(state))
#> ['0.weight', '0.bias', '2.weight', '2.bias']
