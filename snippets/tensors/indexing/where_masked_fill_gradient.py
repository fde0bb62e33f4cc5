import torch

x = torch.tensor([0.0, 4.0], requires_grad=True)

# 没选中的 sqrt(0) 梯度是 inf，inf * 0 = nan | sqrt(0), not taken, has gradient inf
y = torch.where(x > 0, x.sqrt(), 0)
print(torch.autograd.grad(y.sum(), x))
#> (tensor([   nan, 0.2500]),)

safe = torch.where(x > 0, x, 1)  # 先换掉输入 | replace the input first
y = torch.where(x > 0, safe.sqrt(), 0)
print(torch.autograd.grad(y.sum(), x))
#> (tensor([0.0000, 0.2500]),)
