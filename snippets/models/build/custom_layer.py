import torch
import torch.nn.functional as F
from torch import nn


class CenteredLinear(nn.Module):
    def __init__(self, dim, out, bias=True, device=None, dtype=None):
        super().__init__()
        factory = {"device": device, "dtype": dtype}
        self.dim, self.out = dim, out
        #[
        self.weight = nn.Parameter(torch.empty(out, dim, **factory))
        if bias:
            self.bias = nn.Parameter(torch.empty(out, **factory))
        else:
            self.register_parameter("bias", None)
        # 缓冲区：随模型移动和保存，不训练 | buffer: moved, saved, not trained
        self.register_buffer("mean", torch.empty(dim, **factory))
        #]
        self.reset_parameters()

    def reset_parameters(self):  # 填满参数与缓冲区 | fills all of them
        nn.init.xavier_uniform_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        self.mean.zero_()

    def forward(self, x):
        return F.linear(x - self.mean, self.weight, self.bias)

    def extra_repr(self):
        return f"{self.dim}, {self.out}, bias={self.bias is not None}"


gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

layer = CenteredLinear(4, 3, device=device)
x = torch.randn(8, 4, device=device)
print(layer, layer(x).shape)
#> CenteredLinear(4, 3, bias=True) torch.Size([8, 3])
print(list(layer.state_dict()))
#> ['weight', 'bias', 'mean']
