import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(80, 4), torch.randint(3, (80,)))
loader = DataLoader(dataset, batch_size=8, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters())
loss_fn = nn.CrossEntropyLoss()
accum = 4  # 等效批大小 8 × 4 | effective batch size 8 × 4

for i, (x, y) in enumerate(loader):
    #[
    # 最后一组可能不足 accum 批 | the last group may be smaller
    size = min(accum, len(loader) - i // accum * accum)
    loss = loss_fn(model(x), y) / size
    loss.backward()  # 梯度累加 | gradients add up
    if (i + 1) % accum == 0 or i + 1 == len(loader):
        optimizer.step()
        optimizer.zero_grad()
    #]

print(model.weight.grad)  # 没有残留 | nothing is left over
#> None
