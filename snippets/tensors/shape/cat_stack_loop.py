import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Linear(4, 3)
loader = DataLoader(TensorDataset(torch.rand(100, 4)), batch_size=32)

outputs = []
model.eval()
with torch.no_grad():
    for (x,) in loader:
        outputs.append(model(x))

outputs = torch.cat(outputs)  # 最后一批只有 4 行 | the last has 4 rows
print(outputs.shape)
#> torch.Size([100, 3])
