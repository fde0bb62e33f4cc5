from contextlib import contextmanager

import torch


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


with default_dtype(torch.float64):
    x = torch.zeros(2)
y = torch.zeros(2)
print(x.dtype, y.dtype)
#> torch.float64 torch.float32
