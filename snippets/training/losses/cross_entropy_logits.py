import torch
import torch.nn.functional as F

# 第一行预测正确，第二行错误 | the first row is right, the second is wrong
logits = torch.tensor([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
logits.requires_grad_()
labels = torch.tensor([0, 0])

loss = F.cross_entropy(logits, labels, reduction="none")
(grad,) = torch.autograd.grad(loss.sum(), logits)
print([round(v, 2) for v in loss.tolist()])
#> [0.0, 10.0]
print(round(grad[1].abs().max().item(), 2))
#> 1.0

# 等于 log_softmax 加 nll_loss | the same as log_softmax, then nll_loss
log_probs = logits.log_softmax(dim=1)
same = F.nll_loss(log_probs, labels, reduction="none")
torch.testing.assert_close(same, loss)

# 先做 softmax：对的损失不为 0，错的没有梯度 | softmax first: right still costs, wrong gets no gradient
probs = logits.softmax(dim=1)
loss = F.cross_entropy(probs, labels, reduction="none")
(grad,) = torch.autograd.grad(loss.sum(), logits)
print([round(v, 2) for v in loss.tolist()])
#> [0.55, 1.55]
print(round(grad[1].abs().max().item(), 2))
#> 0.0
