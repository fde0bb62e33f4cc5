import torch
from torch import nn

for set_to_none in (True, False):
    w = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.1, weight_decay=0.5)
    w.sum().backward()
    optimizer.zero_grad(set_to_none=set_to_none)
    # None：跳过；0：权重衰减照做 | None: skipped; 0: weight decay applies
    optimizer.step()
    print(set_to_none, w.grad, round(w.item(), 4))
    #> True None 1.0
    #> False tensor([0.]) 0.95
