import torch

message = ""
try:
    torch.mm(torch.rand(5, 2, 3), torch.rand(5, 3, 4))
except RuntimeError as e:
    message = str(e)
assert message == "self must be a matrix"
tensor1, tensor2 = torch.rand(2, 3), torch.rand(3, 4)
assert (tensor1 @ tensor2).shape == (2, 4)
assert (torch.rand(5, 2, 3) @ torch.rand(5, 3, 4)).shape == (5, 2, 4)
result = torch.mm(tensor1, tensor2)
result = torch.bmm(tensor1, tensor2)
