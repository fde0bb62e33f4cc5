import torch

weights = {}
for dtype in (torch.float16, torch.float32):
    w = torch.nn.Parameter(torch.ones(1, dtype=dtype))
    optimizer = torch.optim.SGD([w], lr=1e-4)
    for _ in range(100):
        w.grad = torch.ones_like(w)
        optimizer.step()
    weights[dtype] = w.item()
assert weights[torch.float16] == 1.0
assert abs(weights[torch.float32] - 0.99) < 1e-4
large, small = torch.tensor(60000.0), torch.tensor(1e-8)
assert large.half().mul(2).isinf() and small.half() == 0
assert large.bfloat16().mul(2).isfinite() and small.bfloat16() > 0
