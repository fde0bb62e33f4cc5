import torch

for set_to_none in (True, False):
    w = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.1, weight_decay=0.5)
    w.sum().backward()
    optimizer.zero_grad(**({} if set_to_none else {"set_to_none": False}))
    assert (w.grad is None) == set_to_none
    optimizer.step()
    assert (w.item() == 1) == set_to_none
