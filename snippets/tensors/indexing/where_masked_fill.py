import torch

x = torch.tensor([[1.0, -2.0, -torch.inf], [torch.nan, 5.0, torch.inf]])
y = torch.zeros(2, 3)

#[
positive = torch.where(x > 0, x, y)  # 成立取 x，否则取 y | x where true, else y
masked = x.masked_fill(x < 0, -torch.inf)  # 成立处换掉 | replaced where true
clean = x.nan_to_num(nan=0.0, posinf=1e4, neginf=-1e4)
x[x.isnan()] = 0  # 原地 | in place
row, column = torch.where(x > 4)  # 坐标 | coordinates
#]
print(positive.tolist())
#> [[1.0, 0.0, 0.0], [0.0, 5.0, inf]]
print(masked.tolist())
#> [[1.0, -inf, -inf], [nan, 5.0, inf]]
print(clean.tolist())
#> [[1.0, -2.0, -10000.0], [0.0, 5.0, 10000.0]]
print(x.tolist(), row.tolist(), column.tolist())
#> [[1.0, -2.0, -inf], [0.0, 5.0, inf]] [1, 1] [1, 2]
