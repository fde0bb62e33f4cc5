from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
model[0].requires_grad_(False)
trainable = {name for name, p in model.named_parameters() if p.requires_grad}
assert trainable == {"1.weight", "1.bias"}
assert "0.weight" in dict(model.named_parameters())
assert "1.running_mean" in model.state_dict()
assert not any(t.requires_grad for t in model.state_dict().values())
