import torch
import torch.nn.functional as F


def smooth_label(labels, length, smooth_factor=0.1):  # the seed's LSR
    one_hot = torch.zeros(labels.size(0), length)
    value_added = torch.Tensor(labels.size(0), 1).fill_(1 - smooth_factor)
    one_hot.scatter_add_(1, labels.view(labels.size(0), -1), value_added)
    one_hot += smooth_factor / (length - 1)
    return one_hot


raised = ""
try:
    smooth_label(torch.tensor([0]), 1)
except ZeroDivisionError as error:
    raised = str(error)
assert raised == "float division by zero" or raised == "division by zero"
labels = torch.tensor([-100, 1])
assert F.cross_entropy(torch.randn(2, 3), labels, label_smoothing=0.1).isfinite()
smooth_label(labels, 3)
