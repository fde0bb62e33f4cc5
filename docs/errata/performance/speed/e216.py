import torch

no_value = torch.empty((), device="meta")
message = ""
try:
    bool(no_value)
except RuntimeError as e:
    message = str(e)
assert "item() cannot be called on meta tensors" in message
shapes = set()
for values in ([1.0, -1.0], [1.0, 1.0]):
    x = torch.tensor(values)
    shapes.add((x[x > 0].shape, (x > 0).nonzero().shape))
assert len(shapes) == 2
