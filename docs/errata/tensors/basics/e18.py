from torch import nn

norm = nn.BatchNorm1d(3)
assert all(p.requires_grad for p in norm.parameters())
assert not any(b.requires_grad for b in norm.buffers())
assert not norm.running_mean.requires_grad
