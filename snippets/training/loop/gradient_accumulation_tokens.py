from itertools import islice

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

tokens = torch.randint(50, (24, 7))
labels = tokens.clone()
labels[::2, 3:] = -100  # 填充，不计入 | padding, left out
loader = DataLoader(TensorDataset(tokens, labels), batch_size=4)
model = nn.Sequential(nn.Embedding(50, 16), nn.Linear(16, 50))
optimizer = torch.optim.AdamW(model.parameters())
accum = 4

batches = iter(loader)
while group := list(islice(batches, accum)):
    # 整组的有效 token 数 | tokens that count, in the whole group
    count = sum((y != -100).sum().item() for _, y in group)
    for x, y in group:
        logits = model(x)  # (N, L, C)
        loss = F.cross_entropy(
            logits.flatten(0, 1), y.flatten(), reduction="sum"
        )
        (loss / max(count, 1)).backward()
    optimizer.step()
    optimizer.zero_grad()
    print(len(group), count)
    #> 4 80
    #> 2 40
