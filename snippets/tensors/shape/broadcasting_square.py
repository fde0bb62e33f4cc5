import torch

x = torch.tensor([[1.0, 2.0], [4.0, 8.0]])
scale = torch.tensor([10.0, 100.0])  # 每行一个 | one per row

print((x * scale).tolist())  # 乘到列上，不报错 | per column, no error
#> [[10.0, 200.0], [40.0, 800.0]]
print((x * scale[:, None]).tolist())  # 每行一个 | per row
#> [[10.0, 20.0], [400.0, 800.0]]
