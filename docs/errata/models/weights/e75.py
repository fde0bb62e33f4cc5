import torch
from torch import nn

model = nn.Sequential()
model.fc = nn.Linear(2, 1)
before = model.fc.weight.clone()
saved = {"module.fc.weight": torch.zeros(1, 2), "module.fc.bias": torch.zeros(1)}
result = model.load_state_dict(saved, strict=False)
assert torch.equal(model.fc.weight, before)
assert len(result.missing_keys) == len(result.unexpected_keys) == 2
raised = ""
try:
    model.load_state_dict({"fc.weight": torch.zeros(3, 2)}, strict=False)
except RuntimeError as error:
    raised = str(error)
assert raised.startswith("Error(s) in loading state_dict")
assert "size mismatch for fc.weight" in raised
