import torch

x = torch.tensor([0.5, 1.5, -3.0, torch.nan, torch.inf])

# 图像：先清理，再取整，再转换 | an image: clean, round, convert
pixels = (x * 255).nan_to_num(0).clamp(0, 255).round().to(torch.uint8)
print(pixels.tolist())
#> [128, 255, 0, 0, 255]

# float32 装不下 int32 的最大值，先转 float64 | float32 has no 2147483647: float64 first
limits = torch.iinfo(torch.int32)
wide = (x * 1e9).double().nan_to_num(0)
print(wide.clamp(limits.min, limits.max).to(torch.int32).tolist())
#> [500000000, 1500000000, -2147483648, 0, 2147483647]
