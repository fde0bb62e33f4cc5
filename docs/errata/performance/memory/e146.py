import torch
import torch.nn.functional as F

w = torch.ones(2, requires_grad=True)
try:
    F.relu(w, inplace=True)
except RuntimeError as e:
    assert "a leaf Variable that requires grad is being used in an in-place operation" in str(e)
else:
    raise AssertionError
F.relu(w.sigmoid(), inplace=True).sum().backward()
