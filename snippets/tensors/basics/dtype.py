import torch

points = torch.tensor([1.9, -1.9, 2.5, -0.7])
doubles = points.to(torch.float64)  # .double()
shorts = points.to(torch.int16)  # .short()
print(points.dtype, doubles.dtype, shorts.dtype)
#> torch.float32 torch.float64 torch.int16

# 浮点转整数：向零截断 | float to integer: truncated toward zero
print(shorts.tolist())
#> [1, -1, 2, 0]

# 要最近的整数，先 round()；恰在正中取偶数 | for the nearest integer, round() first; ties go to even
nearest = points.round().to(torch.int16)
print(nearest.tolist())
#> [2, -2, 2, -1]

# 类型已相同：返回自身，不复制 | already that dtype: returns itself, no copy
same = points.to(torch.float32)
copy = points.to(torch.float32, copy=True)
print(same is points, copy is points)
#> True False
