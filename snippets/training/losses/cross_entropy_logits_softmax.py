import torch
import torch.nn.functional as F

logits = torch.tensor([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
logits.requires_grad_()
labels = torch.tensor([0, 0])  # 一对一错 | one is right, one is wrong

# 后一种是错的 | the second is wrong
for scores in (logits, logits.softmax(dim=1)):
    losses = F.cross_entropy(scores, labels, reduction="none")
    (grad,) = torch.autograd.grad(losses.sum(), logits)
    pull = -grad[1, 0].item()  # 向正确类 | toward the true class
    print([round(v, 2) for v in losses.tolist()], round(pull, 4))
    #> [0.0, 10.0] 1.0
    #> [0.55, 1.55] 0.0001
