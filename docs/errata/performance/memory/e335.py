import torch

layer = torch.nn.Linear(300, 200)
params = list(layer.parameters())
optimizer = torch.optim.AdamW(params)
layer(torch.ones(1, 300)).sum().backward()
optimizer.step()
size = sum(p.nbytes for p in params)
states = sum(t.nbytes for state in optimizer.state.values() for t in state.values())
assert round((size + sum(p.grad.nbytes for p in params) + states) / size, 2) == 4
