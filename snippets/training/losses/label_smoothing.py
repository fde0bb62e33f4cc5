import torch
import torch.nn.functional as F

torch.manual_seed(0)
num_classes, eps = 5, 0.1
logits = torch.randn(4, num_classes)
labels = torch.tensor([0, 2, 1, 4])

loss = F.cross_entropy(logits, labels, label_smoothing=eps)

# 手写：eps 平均分给全部类别，包括正确类 | by hand: eps is shared by all classes, the true one included
one_hot = F.one_hot(labels, num_classes).to(logits.dtype)
target = (1 - eps) * one_hot + eps / num_classes
print([round(p, 4) for p in target[0].tolist()])
#> [0.92, 0.02, 0.02, 0.02, 0.02]
torch.testing.assert_close(target.sum(dim=1), torch.ones(4))

by_hand = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
torch.testing.assert_close(by_hand, loss)

# cross_entropy 也接受概率作目标 | cross_entropy also takes probabilities as targets
torch.testing.assert_close(F.cross_entropy(logits, target), loss)
