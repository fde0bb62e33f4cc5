import torch

tensor = torch.randn(3, 4, 5)
assert tensor.type() == "torch.FloatTensor"
assert tensor.type() != torch.float32
assert tensor.dtype == torch.float32
assert type(tensor.size()) is torch.Size and issubclass(torch.Size, tuple)
assert tensor.size() == tensor.shape == (3, 4, 5)
elsewhere = tensor.to("meta")
assert elsewhere.type() != tensor.type()
assert type(elsewhere) is type(tensor) is torch.Tensor
