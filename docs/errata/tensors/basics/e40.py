import torch

a = torch.ones(3, 2)
a.t()[0, 0] = 5
assert a[0, 0] == 5
a.detach()[0, 1] = 6
assert a[0, 1] == 6
assert a.float() is a and a.contiguous() is a
a.t().clone().zero_()
assert a[0, 0] == 5
