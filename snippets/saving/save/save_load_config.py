import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass
class Config:
    hidden: int = 8
    dropout: float = 0.1


def build_model(config):
    return nn.Sequential(
        nn.Linear(4, config.hidden),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden, 3),
    )


path = Path(tempfile.mkdtemp(), "model.pt")
config = Config(hidden=16)
model = build_model(config)

# 存字典，不存类的对象 | a dictionary, not an object of the class
saved = {"config": asdict(config), "model": model.state_dict()}
torch.save(saved, path)

saved = torch.load(path, map_location="cpu", weights_only=True)
model = build_model(Config(**saved["config"]))
model.load_state_dict(saved["model"])
print(saved["config"])
#> {'hidden': 16, 'dropout': 0.1}
