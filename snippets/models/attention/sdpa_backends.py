import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

q, k, v = torch.randn(3, 2, 4, 64, 32, device=device).bfloat16()

fused = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]
with sdpa_kernel(fused):  # 都不能用就报错 | raises if neither can run
    fast = F.scaled_dot_product_attention(q, k, v)
with sdpa_kernel(SDPBackend.MATH):  # 按公式计算 | by the formula
    slow = F.scaled_dot_product_attention(q, k, v)
print(torch.allclose(fast, slow, atol=0.05))
#> True
