import torch
from torch.nn.utils import clip_grad_norm_

w = torch.nn.Parameter(torch.ones(2))
assert clip_grad_norm_([w], max_norm=20) == 0 and w.grad is None
w.grad = torch.tensor([float("inf"), 1.0])
clip_grad_norm_([w], max_norm=20)
assert w.grad[0].isnan() and w.grad[1] == 0
w.grad = torch.tensor([float("nan"), 1.0])
clip_grad_norm_([w], max_norm=20)
assert w.grad.isnan().all()
