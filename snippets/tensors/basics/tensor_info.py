import torch

x = torch.randn(3, 4, 5)

#[
print(x.shape, x.dtype, x.device, x.requires_grad)
#> torch.Size([3, 4, 5]) torch.float32 cpu False
# 维数、元素个数、字节数 | dimensions, elements, bytes
print(x.ndim, x.numel(), x.nbytes)
#> 3 60 240
# 取值范围，有无 nan 或 inf | range, and whether nan or inf occurs
print(x.min().item(), x.max().item(), x.isfinite().all().item())
#~ -2.217332124710083 2.360640048980713 True
batch, *features = x.shape  # 解包 | unpacked
#]
print(batch, features, x.shape[-1], x.size(1))
#> 3 [4, 5] 5 4
