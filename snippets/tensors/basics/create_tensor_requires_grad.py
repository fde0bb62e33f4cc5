import torch

weight = (0.1 * torch.randn(4, 3)).requires_grad_()  # 叶子 | a leaf
bias = torch.zeros(3, requires_grad=True)  # 叶子 | a leaf
optimizer = torch.optim.SGD([weight, bias], lr=0.1)

# 乘法的结果，不是叶子 | the result of a product, not a leaf
scaled = 0.1 * torch.randn(4, 3, requires_grad=True)
print(weight.is_leaf, bias.is_leaf, scaled.is_leaf)
#> True True False
