import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks


def kept_bytes(activation, x):
    net = nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        activation,
        nn.Conv2d(8, 8, 3, padding=1),
    )
    kept = {}

    def pack(t):
        kept[t.data_ptr()] = t.nbytes
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        net(x)
        return sum(kept.values())


x = torch.randn(64, 8, 16, 16)
for kind in (nn.ReLU, nn.LeakyReLU):
    h = torch.randn(2, 3)
    # 结果写进输入的内存 | the result is written into the input's memory
    reused = kind(inplace=True)(h).data_ptr() == h.data_ptr()
    # 为反向保存的字节：原地 / 非原地 | bytes kept for backward: in place / not
    ratio = kept_bytes(kind(inplace=True), x) / kept_bytes(kind(), x)
    print(kind.__name__, reused, f"{ratio:.2f}")
    #> ReLU True 1.00
    #> LeakyReLU True 0.75
