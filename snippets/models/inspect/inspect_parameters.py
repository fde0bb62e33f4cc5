import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 2)
        self.unused = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.norm(self.stem(x)).relu())


torch.manual_seed(0)
model = Net()
model.stem.requires_grad_(False)
model(torch.randn(16, 3)).sum().backward()

for name, param in model.named_parameters():
    norm = None if param.grad is None else f"{param.grad.norm():.2f}"
    print(name, tuple(param.shape), param.requires_grad, norm)
    #> stem.weight (4, 3) False None
    #> stem.bias (4,) False None
    #> norm.weight (4,) True 5.71
    #> norm.bias (4,) True 7.89
    #> head.weight (2, 4) True 17.27
    #> head.bias (2,) True 22.63
    #> unused.weight (2, 4) True None
    #> unused.bias (2,) True None

# 按名字取一个 | one of them, by name
weight = model.get_parameter("head.weight")

# 缓冲区不是参数，但也在 state_dict 里 | buffers are no parameters, yet in the state_dict too
print([name for name, _ in model.named_buffers()])
#> ['norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked']
