from torch import nn

relu = nn.ReLU()
model = nn.Sequential(nn.Sequential(nn.Linear(1, 1), relu), relu)
assert next(model.modules()) is model
assert len(list(model.modules())) == 4
assert model not in model.children()
