import torch
import torch.nn.functional as F

torch.manual_seed(0)
logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
log_probs = logits.log_softmax(dim=1)
torch.testing.assert_close(F.nll_loss(log_probs, labels), F.cross_entropy(logits, labels))
smoothed = F.cross_entropy(logits, labels, label_smoothing=0.1)
assert not torch.allclose(F.nll_loss(log_probs, labels), smoothed)
probs = torch.full((4, 3), 1 / 3)
assert F.cross_entropy(logits, probs).isfinite()
F.nll_loss(log_probs, probs)
