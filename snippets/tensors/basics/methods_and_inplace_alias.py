import torch

a = torch.zeros(2)
b = a
b += 1  # 原地：a 也变 | in place: a changes too
b = b + 1  # 新张量：a 不变 | a new tensor: a stays
print(a.tolist(), b.tolist())
#> [1.0, 1.0] [2.0, 2.0]

# 没有下划线也可能是视图 | no underscore, and yet a view
m = torch.zeros(2, 3)
t = m.t()
t[0, 0] = 100
print(m[0, 0].item())
#> 100.0
