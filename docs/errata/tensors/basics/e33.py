import torch

x = torch.ones(2)
assert x.to("cpu") is x and x.cpu() is x and x.float() is x
copy = x.to("cpu", copy=True)
assert copy is not x and copy.data_ptr() != x.data_ptr()
