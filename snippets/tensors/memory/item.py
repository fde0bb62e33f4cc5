import torch

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
loss = x.mean()

#[
value = loss.item()  # 一个元素 | one element
rows = x.tolist()  # 多个元素 | several elements
#]
print(value, rows)
#> 2.5 [[1.0, 2.0], [3.0, 4.0]]
