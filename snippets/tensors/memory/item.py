import torch

loss = torch.tensor([2.0, 3.0], requires_grad=True).mean()
value = loss.item()
print(type(value).__name__, value)
#> float 2.5

# 多个元素用 tolist() | several elements: tolist()
table = torch.tensor([[1, 2], [3, 4]])
rows = table.tolist()
print(rows)
#> [[1, 2], [3, 4]]
try:
    table.item()
except RuntimeError as e:
    print(e)
    #> a Tensor with 4 elements cannot be converted to Scalar

# float32 的 0.1 不是 Python 的 0.1 | the 0.1 of float32 is not Python's
print(torch.tensor(0.1).item())
#> 0.10000000149011612
