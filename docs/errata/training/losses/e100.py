import torch
import torch.nn.functional as F

e = 0.1
for K in (2, 5, 10):
    target = (1 - e) * F.one_hot(torch.tensor([0]), K) + e / (K - 1)
    torch.testing.assert_close(target.sum(), torch.tensor(1 + e / (K - 1)))
    if K == 2:
        torch.testing.assert_close(target[0, 0], torch.tensor(1.0))
    x = torch.randn(1, K)
    right = (1 - e) * F.one_hot(torch.tensor([0]), K) + e / K
    loss = F.cross_entropy(x, torch.tensor([0]), label_smoothing=e)
    torch.testing.assert_close(loss, -(right * x.log_softmax(1)).sum())

K = 5
assert [round(p, 3) for p in (1 - e + e / (K - 1), 1 - e, 1 - e + e / K)] == [0.925, 0.9, 0.92]
logits, label = torch.randn(1, K), torch.tensor([2])
target = torch.full((1, K), e / (K - 1)).scatter_(1, label[:, None], 1 - e)
second = -(target * logits.log_softmax(1)).sum()
builtin = F.cross_entropy(logits, label, label_smoothing=e * K / (K - 1))
torch.testing.assert_close(second, builtin)
