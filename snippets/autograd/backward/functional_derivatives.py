import torch
from torch import nn
from torch.func import functional_call, grad, vmap

model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
loss_fn = nn.CrossEntropyLoss()
x, y = torch.randn(16, 4), torch.randint(3, (16,))

#[
params = {k: p.detach() for k, p in model.named_parameters()}


def sample_loss(params, x, y):
    logits = functional_call(model, params, (x[None],))
    return loss_fn(logits, y[None])  # 一个样本的损失 | loss of one sample


# 参数共用，x 和 y 逐样本 | one set of params, x and y sample by sample
sample_grads = vmap(grad(sample_loss), in_dims=(None, 0, 0))
grads = sample_grads(params, x, y)
#]
for name, g in grads.items():
    print(name, tuple(g.shape))
    #> 0.weight (16, 8, 4)
    #> 0.bias (16, 8)
    #> 2.weight (16, 3, 8)
    #> 2.bias (16, 3)
