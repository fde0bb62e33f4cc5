import torch

x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
y = torch.tensor([[0.0, 0.0], [3.0, 0.0], [6.0, 8.0]])

dist = torch.cdist(x, y)  # (2, 3)
dist.sum().backward()
print(dist.tolist())
#> [[0.0, 3.0, 10.0], [5.0, 4.0, 5.0]]
print(x.grad.isfinite().all().item())
#> True

# 手写：距离相同，重合的点梯度为 NaN | by hand: same distances, NaN gradients at equal points
diff = x[:, None, :] - y  # (2, 3, 2)
by_hand = diff.pow(2).sum(dim=2).sqrt()
(grad,) = torch.autograd.grad(by_hand.sum(), x)
print(torch.equal(by_hand, dist), grad.isnan().any(dim=1).tolist())
#> True [True, False]
