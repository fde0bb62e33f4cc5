from torch import nn

a = nn.ModuleList([nn.Linear(1, 2), nn.Linear(2, 3)])
b = nn.ModuleList([nn.Linear(2, 3), nn.Linear(1, 2)])
assert next(iter(a.state_dict())) == "0.weight"
b.load_state_dict(a.state_dict())
