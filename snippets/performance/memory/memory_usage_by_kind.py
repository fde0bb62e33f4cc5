import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

model = nn.Sequential(
    nn.Linear(512, 2048), nn.ReLU(), nn.Linear(2048, 512)
)
optimizer = torch.optim.AdamW(model.parameters())
x = torch.randn(1024, 512)

saved = {}


def pack(t):
    saved[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
    return t


with saved_tensors_hooks(pack, lambda t: t):
    loss = model(x).square().mean()
for p in model.parameters():
    saved.pop(p.data_ptr(), None)  # 权重不算激活 | weights do not count
loss.backward()
optimizer.step()

params = list(model.parameters())
states = [t for s in optimizer.state.values() for t in s.values()]
for kind, size in {
    "weights": sum(p.nbytes for p in params),
    "activations": sum(saved.values()),
    "gradients": sum(p.grad.nbytes for p in params),
    "optimizer": sum(t.nbytes for t in states),
}.items():
    print(f"{kind}: {size / 2**20:.1f} MiB")
    #> weights: 8.0 MiB
    #> activations: 12.0 MiB
    #> gradients: 8.0 MiB
    #> optimizer: 16.0 MiB
