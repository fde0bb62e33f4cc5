import torch
import torch.nn.functional as F
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
x = torch.randn(200, 10)
y = 3 * x[:, :1] - 2 * x[:, 1:2]  # 只有两个特征有用 | only two features matter
x, y = x.to(device), y.to(device)
lr, l1_lambda = 0.1, 0.1

for shrink in (False, True):
    model = nn.Linear(10, 1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        if not shrink:
            loss = loss + l1_lambda * model.weight.abs().sum()
        loss.backward()
        optimizer.step()
        if shrink:
            # 每个权重向 0 收缩 lr·λ，到 0 为止 | each weight moves lr·λ toward 0 and stops there
            with torch.no_grad():
                w = model.weight
                w.copy_(F.softshrink(w, lr * l1_lambda))
    zeros = (model.weight == 0).sum().item()
    print(shrink, zeros)
    #> False 0
    #> True 8
