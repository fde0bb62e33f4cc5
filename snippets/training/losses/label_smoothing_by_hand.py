import torch
import torch.nn.functional as F

num_classes, eps = 5, 0.1
logits = torch.randn(4, num_classes)
labels = torch.tensor([0, 2, 1, 4])

# eps 平均分给全部类别，包括正确类 | all classes share eps, the true one too
one_hot = F.one_hot(labels, num_classes)
target = (1 - eps) * one_hot + eps / num_classes
print(target[0])
#> tensor([0.9200, 0.0200, 0.0200, 0.0200, 0.0200])

# 目标也可以是概率 | targets may be probabilities
loss = F.cross_entropy(logits, target)
same = F.cross_entropy(logits, labels, label_smoothing=eps)
print(torch.allclose(loss, same))
#> True
