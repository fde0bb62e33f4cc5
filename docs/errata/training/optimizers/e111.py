import torch


def train(kind, decay, penalty):
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = kind([w], lr=0.1, weight_decay=decay)
    for _ in range(5):
        optimizer.zero_grad()
        ((w - 0.5).square() + penalty / 2 * w.square()).sum().backward()
        optimizer.step()
    return w.detach()


for kind, same in ((torch.optim.SGD, True), (torch.optim.Adam, True), (torch.optim.AdamW, False)):
    assert torch.allclose(train(kind, 0.5, 0), train(kind, 0, 0.5), atol=1e-4) == same
