import warnings

import torch

y = torch.arange(4.0)
x = y[:, None]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert torch.mean((x - y) ** 2) == 2.5
    assert not caught
    assert torch.nn.MSELoss()(x, y) == 2.5
assert str(caught[0].message).startswith(
    "Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1]))"
)
assert torch.mean((x.squeeze(1) - y) ** 2) == 0
