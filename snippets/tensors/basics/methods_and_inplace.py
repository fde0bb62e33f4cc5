import torch

a = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

# 函数与方法等价 | a function and its method are equivalent
print(torch.equal(torch.transpose(a, 0, 1), a.transpose(0, 1)))
#> True

# 末尾有下划线：改写张量，返回它自己 | trailing underscore: changes the tensor and returns it
b = a.clone()
c = b.zero_()
print(c is b, b.sum().item())
#> True 0.0

# 没有下划线也可能是视图：写 t 就是写 a | no underscore, yet a view: writing to t writes to a
t = a.t()
t[0, 0] = 100
print(a[0, 0].item())
#> 100.0

# x += 1 是原地操作，x = x + 1 得到新张量 | x += 1 is in place, x = x + 1 makes a new tensor
x = alias = torch.zeros(2)
x += 1
print(x is alias, alias.tolist())
#> True [1.0, 1.0]
x = x + 1
print(x is alias, alias.tolist())
#> False [1.0, 1.0]
