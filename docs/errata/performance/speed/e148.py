import torch

w = torch.ones(1, requires_grad=True)
total, right = torch.zeros(1), torch.zeros(1)
for _ in range(3):
    loss = (w * 2).sum()
    total += loss
    right += loss.detach()
assert total.grad_fn is not None and right.grad_fn is None
