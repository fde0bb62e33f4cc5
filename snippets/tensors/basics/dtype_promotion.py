import torch

ints = torch.tensor([1, 2])  # int64
halves = torch.tensor([0.5, 1.5], dtype=torch.float16)
floats = torch.tensor([0.5, 1.5])  # float32

# float16 与 float32：取更宽的 | float16 and float32: the wider one
print((halves + floats).dtype)
#> torch.float32

# 整数与浮点：取浮点，不看位宽 | integer and floating: the floating one, whatever the widths
print((ints + halves).dtype)
#> torch.float16

# Python 浮点数、0 维浮点张量不加宽它 | a Python float or a 0-d float tensor does not widen it
print((halves + 1.0).dtype, (halves + floats[0]).dtype)
#> torch.float16 torch.float16

# 整数相除得默认浮点类型，// 仍是整数 | integers: / gives the default float dtype, // stays integer
print((ints / 2).dtype, (ints // 2).dtype)
#> torch.float32 torch.int64

# 原地操作保持类型，放不下就报错 | in place keeps the dtype, and what does not fit raises
halves += floats
print(halves.dtype)
#> torch.float16
try:
    ints += 0.5
except RuntimeError as e:
    print(e)
    #> result type Float can't be cast to the desired output type Long
