import torch

layer = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
tensor = torch.zeros(3, 2)
layer.weight = torch.nn.Parameter(tensor)
layer(torch.ones(1, 2)).sum().backward()
optimizer.step()
assert layer.weight.grad is not None
assert torch.equal(layer.weight, torch.zeros(3, 2))
tensor[0, 0] = 7
assert layer.weight[0, 0] == 7

layer = torch.nn.Linear(2, 3)
with torch.no_grad():
    layer.weight.copy_(torch.tensor([1.0, 2.0]))
    assert layer.weight[2].tolist() == [1, 2]
    refused = False
    try:
        layer.weight.copy_(torch.zeros(2, 2))
    except RuntimeError:
        refused = True
assert refused
