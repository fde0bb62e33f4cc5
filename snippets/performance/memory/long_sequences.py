import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

rnn = nn.GRU(1, 16, batch_first=True).to(device)
head = nn.Linear(16, 1).to(device)
optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()])
loss_fn = nn.MSELoss()

x = torch.randn(8, 160, 1, device=device)  # (N, T, C)
y = x.cumsum(dim=1)

#[
state = None  # 新序列从 None 开始 | a new sequence starts from None
for xs, ys in zip(x.split(20, dim=1), y.split(20, dim=1), strict=True):
    out, state = rnn(xs, state)
    loss = loss_fn(head(out), ys)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    state = state.detach()  # 数值留下，计算图截断 | keep values, cut graph
#]
print(tuple(state.shape), state.requires_grad)
#> (1, 8, 16) False
