import torch

for dtype in (torch.float32, torch.float16, torch.bfloat16):
    weight = torch.ones((), dtype=dtype)
    for _ in range(100):
        weight -= 1e-4  # 半精度：舍入后仍是 1.0 | half: rounds back to 1.0
    print(dtype, round(weight.item(), 4))
    #> torch.float32 0.99
    #> torch.float16 1.0
    #> torch.bfloat16 1.0
