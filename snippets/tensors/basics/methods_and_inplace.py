import torch

x = torch.tensor([-1.0, 4.0])

#[
y = torch.clamp(x, min=0)  # 函数 | function
y = x.clamp(min=0)  # 方法，结果相同 | method, same result
y = x.clamp(min=0).sqrt()  # 方法可连写 | methods chain
x.clamp_(min=0)  # 下划线：改写 x | underscore: changes x
#]
print(x.tolist(), y.tolist())
#> [0.0, 4.0] [0.0, 2.0]
