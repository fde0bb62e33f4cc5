import torch
import torch.nn.functional as F

pred = torch.tensor([[1.0], [2.0], [3.0]])  # (3, 1)
target = torch.tensor([1.0, 2.0, 3.0])  # (3,)

# 广播成 (3, 3)：预测全对，误差却不是 0 | broadcast to (3, 3): all right, and yet not 0
error = pred - target
print(error.shape, round(error.square().mean().item(), 3))
#> torch.Size([3, 3]) 1.333

# 先让形状一致 | make the shapes equal first
loss = F.mse_loss(pred.squeeze(1), target)
print(loss.item())
#> 0.0

# 批次只有一个样本：squeeze() 连批次维也去掉 | a batch of one: squeeze() drops the batch dimension too
one = torch.rand(1, 1)
print(one.squeeze().shape, one.squeeze(1).shape)
#> torch.Size([]) torch.Size([1])

# 归约后少一维：x 是方阵时减错方向 | a reduction drops a dimension: a square x is centered the wrong way
x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
wrong = x - x.mean(dim=1)
right = x - x.mean(dim=1, keepdim=True)
print(wrong.tolist(), right.tolist())
#> [[-0.5, -2.5], [1.5, 1.5]] [[-0.5, 0.5], [-1.5, 1.5]]

# 一维张量没有行列之分 | a 1-D tensor is neither a row nor a column
v = torch.tensor([1.0, 2.0])
print((x @ v).shape, (v @ x).shape, (v @ v).shape)
#> torch.Size([2]) torch.Size([2]) torch.Size([])
