import torch

# 离原点远，彼此近 | far from the origin, close to each other
x = torch.rand(50, 8) + 100

fast = torch.cdist(x, x)
exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")

# 每个点到自身的距离应为 0 | each point is at distance 0 from itself
print(fast.diagonal().max(), exact.diagonal().max())
#~ tensor(0.1250) tensor(0.)
