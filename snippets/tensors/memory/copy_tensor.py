import torch

a = torch.ones(2, requires_grad=True)

#[
copied = a.detach().clone()  # 独立的副本 | an independent copy
linked = a.clone()  # 新内存，梯度会回到 a | new memory, gradients reach a
shared = a.detach()  # 同一块内存，没有梯度 | the same memory, no gradient
#]

shared[0] = 5
print(a, copied, linked, shared, sep="\n")
#> tensor([5., 1.], requires_grad=True)
#> tensor([1., 1.])
#> tensor([1., 1.], grad_fn=<CloneBackward0>)
#> tensor([5., 1.])
