import torch

a, b = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
groups = [{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.01}]
optimizer = torch.optim.SGD(groups)
first = next(iter(optimizer.param_groups))["lr"]
assert optimizer.param_groups[0]["lr"] == first == 0.1
assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.01]
