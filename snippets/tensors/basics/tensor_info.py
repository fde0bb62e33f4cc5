import torch

x = torch.zeros(3, 4, 5)
print(x.dtype, x.device, x.requires_grad)
#> torch.float32 cpu False

# 形状：整体、某一维、解包 | shape: all of it, one dimension, unpacked
print(x.shape, x.size(1), x.shape[-1])
#> torch.Size([3, 4, 5]) 4 5
batch, *features = x.shape
print(batch, features)
#> 3 [4, 5]

# 维数、元素个数 | number of dimensions, number of elements
print(x.ndim, x.numel())
#> 3 60

# 每个元素的字节数、全部元素的字节数 | bytes per element, bytes of all elements
print(x.element_size(), x.nbytes)
#> 4 240
