import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode


def one_hot(labels, classes, value=1):  # the seed's LSR._one_hot
    one_hot = torch.zeros(labels.size(0), classes)
    labels = labels.view(labels.size(0), -1)
    value_added = torch.Tensor(labels.size(0), 1).fill_(value)
    value_added = value_added.to(labels.device)
    one_hot = one_hot.to(labels.device)
    one_hot.scatter_add_(1, labels, value_added)
    return one_hot


class Moves(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func is torch.Tensor.to:
            moved.append((args[0].device.type, result.device.type))
        return result


moved = []
with Moves():  # "meta" stands for the GPU
    one_hot(torch.zeros(4, dtype=torch.int64, device="meta"), 3)
assert moved == [("cpu", "meta")] * 2

maps, masks = torch.randn(2, 3, 4, 4), torch.full((2, 4, 4), -100)
masks[0] = 1
assert F.cross_entropy(maps, masks, weight=torch.ones(3), label_smoothing=0.1).isfinite()

target = torch.tensor([[0.92, 0.02, 0.02, 0.02, 0.02]])
logits, label = target.log().requires_grad_(), torch.tensor([0])
loss = F.cross_entropy(logits, label, label_smoothing=0.1)
loss.backward()
assert logits.grad.abs().max() < 1e-6  # the minimum
assert round(loss.item(), 2) == 0.39
