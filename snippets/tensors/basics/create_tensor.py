import torch

# 由数据创建：总是复制，数据类型随数据 | from data: always a copy, the dtype follows the data
data = [[1, 2], [3, 4]]
ints = torch.tensor(data)
floats = torch.tensor(data, dtype=torch.float32)
print(ints.dtype, floats.dtype)
#> torch.int64 torch.float32

# 由形状创建 | from a shape
zeros = torch.zeros(1, 2, 3)
sevens = torch.full((2, 3), 7.0)
noise = torch.randn(2, 3)  # 标准正态分布 | standard normal
print(zeros.shape)
#> torch.Size([1, 2, 3])

# 等差数列：arange 不含终点，linspace 含终点 | ranges: arange excludes the end, linspace includes it
steps = torch.arange(0, 6, 2)
points = torch.linspace(0, 1, 5)
print(steps.tolist(), points.tolist())
#> [0, 2, 4] [0.0, 0.25, 0.5, 0.75, 1.0]

# 仿照已有张量的数据类型和设备 | with the dtype and device of another tensor
like = torch.zeros_like(floats)  # 形状也相同 | the same shape too
row = floats.new_ones(5)
