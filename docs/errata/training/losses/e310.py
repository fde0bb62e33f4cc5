import torch
import torch.nn.functional as F

torch.manual_seed(0)
logits, labels = torch.randn(8, 3), torch.tensor([0, 0, 0, 0, 1, 1, 1, 2])
counts = torch.bincount(labels)
weight = counts.max() / counts
assert (weight >= 1).all()
loss = F.cross_entropy(logits, labels, weight=weight)
same = F.cross_entropy(logits, labels, weight=weight / weight.sum())
torch.testing.assert_close(loss, same)
one = torch.full((8,), 2)
same = F.cross_entropy(logits, one, weight=weight)
torch.testing.assert_close(F.cross_entropy(logits, one), same)
