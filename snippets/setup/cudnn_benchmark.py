import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

conv = nn.Conv2d(3, 8, kernel_size=3).to(device)
x = torch.randn(4, 3, 32, 32, device=device)

# 求快：每种输入尺寸先计时，再用最快的算法 | fast: time once per input size, keep the fastest
torch.backends.cudnn.benchmark = True
conv(x)

# 求稳：不计时，只用确定性算法 | repeatable: no timing, deterministic algorithms only
torch.backends.cudnn.benchmark = False
torch.use_deterministic_algorithms(True)


def weight_grad():
    return torch.autograd.grad(conv(x).square().sum(), conv.weight)[0]


print(torch.equal(weight_grad(), weight_grad()))
#> True
