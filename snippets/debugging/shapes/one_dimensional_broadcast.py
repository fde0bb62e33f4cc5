import torch

pred = torch.tensor([[1.0], [2.0], [3.0]])  # (3, 1)
target = torch.tensor([1.0, 2.0, 3.0])  # (3,)

# 预测全对，误差却不是 0 | every prediction is right, and yet not 0
error = pred - target
print(error.shape, error.square().mean())
#> torch.Size([3, 3]) tensor(1.3333)
print((pred.squeeze(1) - target).square().mean())
#> tensor(0.)

# 归约少一维：方阵会减错方向 | a reduction drops a dimension: a square x is centered the wrong way
x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
wrong = x - x.mean(dim=1)
right = x - x.mean(dim=1, keepdim=True)
print(wrong.tolist(), right.tolist())
#> [[-0.5, -2.5], [1.5, 1.5]] [[-0.5, 0.5], [-1.5, 1.5]]
