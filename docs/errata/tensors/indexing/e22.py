import torch


def raised(line, names):
    try:
        exec(line, names)
    except (NameError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


a = torch.rand(4, 3, 28, 28)
torch.Size([9, 9, 9])
assert a[0].size() != torch.Size([9, 9, 9])
assert raised("tensor(0.4736)", {}) == "NameError: name 'tensor' is not defined"
here = {"tensor": torch.randn(3, 4, 5)}
assert raised("tensor([[0., 0.]])", here) == "TypeError: 'Tensor' object is not callable"
points_t = torch.ones(3, 2).t()
points_t.stride()(1, 2)
