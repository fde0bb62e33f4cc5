import torch
from torch.optim import SGD, Adam, AdamW

# 梯度为 0，只剩权重衰减 | the gradient is 0: only the weight decay is left
for cls in (SGD, Adam, AdamW):
    w = torch.tensor([1.0, 100.0], requires_grad=True)
    w.grad = torch.zeros_like(w)
    cls([w], lr=0.1, weight_decay=0.1).step()
    print(cls.__name__, [round(x, 4) for x in w.tolist()])
    #> SGD [0.99, 99.0]
    #> Adam [0.9, 99.9]
    #> AdamW [0.99, 99.0]
