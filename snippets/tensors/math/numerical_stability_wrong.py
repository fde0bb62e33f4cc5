import torch

x = torch.tensor([0.0, 200.0])
print(x.softmax(0).log().tolist(), x.exp().sum().log().item())
#> [-inf, 0.0] inf
print(torch.log(1 + torch.tensor(1e-10)))
#> tensor(0.)

# eps 放在根号外：0 处的梯度 | eps outside the root: the gradient at 0
zero = torch.tensor(0.0, requires_grad=True)
print(torch.autograd.grad(zero.sqrt() + 1e-8, zero))
#> (tensor(inf),)
print(torch.autograd.grad((zero + 1e-8).sqrt(), zero))
#> (tensor(5000.),)
