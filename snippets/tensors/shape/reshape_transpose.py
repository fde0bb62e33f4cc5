import torch

a = torch.tensor([[1, 2, 3], [4, 5, 6]])

print(a.T.tolist())  # 行列互换 | rows become columns
#> [[1, 4], [2, 5], [3, 6]]
print(a.reshape(3, 2).tolist())  # 只是重新分行 | only cut anew
#> [[1, 2], [3, 4], [5, 6]]
