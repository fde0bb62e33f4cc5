import torch
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

saved = nn.DataParallel(nn.Linear(2, 1)).state_dict()
assert list(saved) == ["module.weight", "module.bias"]
consume_prefix_in_state_dict_if_present(saved, "module.")
model = nn.Linear(2, 1)
model.load_state_dict(saved)
assert torch.equal(model.weight, saved["weight"])
