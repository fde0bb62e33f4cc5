import torch


def share_storage(a, b):
    first, second = a.untyped_storage(), b.untyped_storage()
    return first.data_ptr() == second.data_ptr()


x = torch.arange(6).reshape(2, 3)
print(share_storage(x, x[1:]), share_storage(x, x.clone()))
#> True False
