import torch
from torch.optim import SGD, Adam, AdamW

# 梯度为零，只剩权重衰减的作用 | the gradient is zero: what is left is the weight decay
for optimizer_class in (SGD, Adam, AdamW):
    w = torch.tensor([1.0, 100.0], requires_grad=True)
    w.grad = torch.zeros_like(w)
    optimizer_class([w], lr=0.1, weight_decay=0.1).step()
    shrunk = [round(x, 4) for x in w.tolist()]
    print(optimizer_class.__name__, shrunk)
    #> SGD [0.99, 99.0]
    #> Adam [0.9, 99.9]
    #> AdamW [0.99, 99.0]
