import torch
from torch import nn

for dtype in (torch.float32, torch.float16, torch.bfloat16):
    info = torch.finfo(dtype)
    print(dtype, "max", f"{info.max:.2g}", "eps", f"{info.eps:.1g}")
    #> torch.float32 max 3.4e+38 eps 1e-07
    #> torch.float16 max 6.6e+04 eps 0.001
    #> torch.bfloat16 max 3.4e+38 eps 0.008

    # 微小的梯度会不会变成 0 | whether a tiny gradient becomes 0
    tiny = torch.tensor(1e-8, dtype=dtype)
    print("1e-8 kept", tiny.item() > 0)
    #> 1e-8 kept True
    #> 1e-8 kept False
    #> 1e-8 kept True

    # 权重 1.0，梯度 1.0，走 100 步，每步 1e-4 | weight 1.0, gradient 1.0, 100 steps of 1e-4
    model = nn.Linear(1, 1, bias=False).to(dtype)
    nn.init.ones_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    for _ in range(100):
        optimizer.zero_grad()
        model(torch.ones(1, 1, dtype=dtype)).sum().backward()
        optimizer.step()
    print("weight", round(model.weight.item(), 4))
    #> weight 0.99
    #> weight 1.0
    #> weight 1.0
