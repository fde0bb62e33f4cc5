import torch

x = torch.zeros(2, 3)
turned = x.T  # (3, 2)

x.reshape(6)[0] = 1  # 视图，x 会变 | a view: x changes
turned.reshape(6)[1] = 2  # 副本，x 不变 | a copy: x stays the same
x.view(6)[2] = 3  # 总是视图 | always a view
print(x.tolist())
#> [[1.0, 0.0, 3.0], [0.0, 0.0, 0.0]]

try:
    turned.view(6)
except RuntimeError as e:
    print(str(e).partition(" (")[0])
    #> view size is not compatible with input tensor's size and stride
