import torch

#[
data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # 复制 | a copy
labels = torch.tensor([0, 2, 1])  # 整数：int64 | integers: int64
zeros = torch.zeros(2, 3)
sevens = torch.full((2, 3), 7.0)
noise = torch.randn(2, 3)  # 标准正态分布 | standard normal
steps = torch.arange(0, 6, 2)  # 不含终点 | without the end
points = torch.linspace(0, 1, 5)  # 含终点 | with the end
like = torch.zeros_like(data)  # 形状、类型、设备相同 | same shape, dtype, device
#]
print(data.dtype, labels.dtype, zeros.dtype)
#> torch.float32 torch.int64 torch.float32
print(steps.tolist(), points.tolist())
#> [0, 2, 4] [0.0, 0.25, 0.5, 0.75, 1.0]
