import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
phase = torch.arange(8, device=device)[:, None, None]
wave = torch.sin(torch.arange(161, device=device)[:, None] / 5 + phase)
x, y = wave[:, :-1], wave[:, 1:]  # (8, 160, 1)
rnn = nn.GRU(1, 16, batch_first=True).to(device)
head = nn.Linear(16, 1).to(device)
optimizer = torch.optim.Adam(
    [*rnn.parameters(), *head.parameters()], lr=0.01
)


def forward(x, state):
    # 数一数为反向保存了多少字节 | counts the bytes that are kept for backward
    kept = {}

    def pack(t):
        kept[t.data_ptr()] = t.nbytes
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        out, state = rnn(x, state)
        return head(out), state, sum(kept.values())


state, sizes = None, []
for xs, ys in zip(x.split(20, dim=1), y.split(20, dim=1), strict=True):
    pred, state, size = forward(xs, state)
    loss = F.mse_loss(pred, ys)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    # 数值传给下一段，计算图在此截断 | the value goes on, the graph ends here
    state = state.detach()
    sizes.append(size)

_, _, whole = forward(x, None)
print(len(sizes), len(set(sizes)), whole > 7 * sizes[0])
#> 8 1 True
