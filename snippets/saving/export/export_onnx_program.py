import tempfile
from pathlib import Path

import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 3))
x = torch.rand(2, 4)
path = Path(tempfile.mkdtemp(), "model.pt2")

model.eval()
shapes = ({0: torch.export.Dim("batch")},)
program = torch.export.export(model, (x,), dynamic_shapes=shapes)
torch.export.save(program, path)

# 不需要模型的代码 | no need of the model's code
loaded = torch.export.load(path).module()
print(loaded(torch.rand(7, 4)).shape)
#> torch.Size([7, 3])
