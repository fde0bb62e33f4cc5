import torch

a = torch.tensor([0.1, 0.7], dtype=torch.float64) * 3
b = torch.tensor([0.3, 2.1], dtype=torch.float64)

#[
print(torch.equal(a, b))  # 形状与数值全同 | same shape and values
#> False
print(torch.allclose(a, b))  # 允许舍入误差 | up to rounding
#> True
print(torch.isclose(a, b))  # 逐元素 | element by element
#> tensor([True, True])
torch.testing.assert_close(a, b)  # 测试里用 | in tests
#]
