import torch

ints = torch.tensor([1, 2])  # int64
halves = torch.tensor([0.5, 1.5], dtype=torch.float16)
floats = torch.tensor([0.5, 1.5])  # float32

# 同为浮点：取更宽的 | both floating: the wider one
print((halves + floats).dtype)
#> torch.float32

# 整数与浮点：取浮点，不看位宽 | integer and floating: the floating one, whatever the widths
print((ints + halves).dtype)
#> torch.float16

# Python 数和 0 维张量不会加宽同类张量 | Python numbers and 0-d tensors do not widen their own kind
scalar = torch.tensor(1.0, dtype=torch.float64)
print((halves + 1.0).dtype, (halves + scalar).dtype)
#> torch.float16 torch.float16

# 整数相除得默认浮点类型，// 仍是整数 | integers: / gives the default float dtype, // stays integer
print((ints / 2).dtype, (ints // 2).dtype)
#> torch.float32 torch.int64

# 原地操作不能改变数据类型 | an in-place operation cannot change the dtype
try:
    ints += 0.5
except RuntimeError as e:
    print(e)
    #> result type Float can't be cast to the desired output type Long
