import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(4, 8),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Linear(8, 3),
)
model[0].requires_grad_(False)  # 冻结 | frozen
model(torch.randn(16, 4)).square().mean().backward()

#[
for name, param in model.named_parameters():
    grad = None if param.grad is None else f"{param.grad.norm():.3f}"
    print(name, tuple(param.shape), param.requires_grad, grad)
    #~ 0.weight (8, 4) False None
    #~ 0.bias (8,) False None
    #~ 1.weight (8,) True 0.184
    #~ 1.bias (8,) True 0.204
    #~ 3.weight (3, 8) True 0.590
    #~ 3.bias (3,) True 0.437
#]

weight = model.get_parameter("3.weight")  # 按名字取 | by name
trainable = [n for n, p in model.named_parameters() if p.requires_grad]
buffers = dict(model.named_buffers())  # 不是参数 | no parameters
