import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)
        self.spare = nn.Linear(8, 3)  # 没有用到 | never used

    def forward(self, x):
        return self.head(self.body(x).detach().relu())  # detach()


model = Net()
x = torch.randn(8, 4, requires_grad=True)
model(x).logsumexp(dim=1).mean().backward()
for name, p in model.named_parameters():
    if p.requires_grad and (p.grad is None or not p.grad.any()):
        print(name)  # 学不到东西 | learns nothing
        #> body.weight
        #> body.bias
        #> spare.weight
        #> spare.bias
