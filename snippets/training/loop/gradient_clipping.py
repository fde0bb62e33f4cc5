import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(9 * torch.randn(32, 4), torch.randint(3, (32,)))
loader = DataLoader(dataset, batch_size=8, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters())
loss_fn = nn.CrossEntropyLoss()
norms = []

for x, y in loader:
    #[
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    #]
    norms.append(norm)  # 裁剪前的范数 | the norm before clipping

print([round(n, 2) for n in torch.stack(norms).tolist()])
#~ [9.33, 9.43, 5.69, 3.98]
