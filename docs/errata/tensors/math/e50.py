import torch

assert torch.allclose(torch.tensor([1, 2]), torch.tensor([1, 2]))
a = torch.tensor([0.1], dtype=torch.float64) * 3
b = torch.tensor([0.3], dtype=torch.float64)
assert torch.allclose(a, b) and not torch.equal(a, b)
ints, floats = torch.ones(2, dtype=torch.int64), torch.ones(2)
assert torch.equal(ints, floats) and torch.equal(floats, floats.clone())
nan = torch.tensor(float("nan"))
assert not torch.equal(nan, nan)
for one, other in ((ints, floats), (a, b)):
    refused = False
    try:
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    except AssertionError:
        refused = True
    assert refused
torch.testing.assert_close(nan, nan, rtol=0, atol=0, equal_nan=True)
