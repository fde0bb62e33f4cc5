import torch
import torch.nn.functional as F

logits = torch.tensor([[0.0, 200.0]])
scores, labels = torch.tensor([-200.0]), torch.tensor([1.0])
rate = torch.tensor([1e-10])
x = torch.tensor([[0.1, 0.3], [0.0, 0.0]])

#[
log_probs = F.log_softmax(logits, dim=-1)  # softmax().log()
log_total = logits.logsumexp(dim=-1)  # exp().sum().log()
log_p = F.logsigmoid(scores)  # sigmoid().log()
loss = F.binary_cross_entropy_with_logits(scores, labels)
small = torch.log1p(rate)  # log(1 + rate)
chance = -torch.expm1(-rate)  # 1 - exp(-rate)
rms = (x.square().mean(dim=-1) + 1e-8).sqrt()  # eps 在根号内 | inside
# 分母可能为 0 | the divisor may be 0
share = x / x.sum(dim=-1, keepdim=True).clamp(min=1e-6)
#]
print(log_probs.tolist(), log_total.item(), log_p.item(), loss.item())
#> [[-200.0, 0.0]] 200.0 -200.0 200.0
print(small, chance)
#> tensor([1.0000e-10]) tensor([1.0000e-10])
