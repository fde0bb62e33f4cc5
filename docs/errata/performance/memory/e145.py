import weakref

import torch

w = torch.ones(3, requires_grad=True)
for mode, alive in ((torch.enable_grad, True), (torch.no_grad, False)):
    with mode():
        hidden = w * 2
        result = (hidden * hidden).sum()
    watch = weakref.ref(hidden)
    del hidden
    assert (watch() is not None) == alive
    if alive:
        result.backward()
        assert watch() is None
