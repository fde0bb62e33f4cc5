import torch

# 30 个点，离原点远，彼此近 | 30 points, far from the origin, close together
x = torch.linspace(0, 1, 30)[:, None] + 100
truth = (x - x.T).abs()

fast = torch.cdist(x, x)
exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")

print((fast - truth).abs().max().item() > 0.01)
#> True
print((exact - truth).abs().max().item() < 1e-6)
#> True
