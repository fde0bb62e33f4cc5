import torch
import torch.nn.functional as F

# 叶子张量 | a leaf tensor
weight = torch.ones(2, requires_grad=True)
try:
    F.relu(weight, inplace=True)
except RuntimeError as e:
    print(str(e).partition(" is being")[0])
    #> a leaf Variable that requires grad

# sigmoid 的反向要用它自己的输出 | the backward of sigmoid needs its own output
y = F.relu(weight.sigmoid(), inplace=True)
try:
    y.sum().backward()
except RuntimeError as e:
    print("modified by an inplace operation" in str(e))
    #> True

# 没有异常，结果却错了：残差用到的 x 已被改写 | no error, wrong result: x is gone before the residual adds it
x = torch.tensor([-1.0, 2.0])
wrong = F.relu(x, inplace=True) + x
x = torch.tensor([-1.0, 2.0])
right = F.relu(x) + x
print(wrong.tolist(), right.tolist())
#> [0.0, 4.0] [-1.0, 4.0]
