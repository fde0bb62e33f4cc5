import torch

a = torch.tensor([0.1, 0.7], dtype=torch.float64) * 3
b = torch.tensor([0.3, 2.1], dtype=torch.float64)

print(torch.equal(a, b), torch.allclose(a, b))
#> False True

# 测试里用它：形状、dtype、数值都查 | in tests: checks shape, dtype, and values
torch.testing.assert_close(a, b)

# allclose 先广播再比较 | allclose broadcasts before it compares
ones, one = torch.ones(3, 4), torch.tensor(1.0)
print(torch.allclose(ones, one))
#> True
try:
    torch.testing.assert_close(ones, one)
except AssertionError as e:
    print(str(e).partition(":")[0])
    #> The values for attribute 'shape' do not match

# NaN 不等于自己 | NaN is not equal to itself
nan = torch.tensor([float("nan")])
print(torch.equal(nan, nan))
#> False
torch.testing.assert_close(nan, nan, equal_nan=True)
