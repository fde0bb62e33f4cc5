import torch

x = torch.arange(6)

print([len(p) for p in x.chunk(4)])  # 要 4 块，得 3 块 | 4 asked, 3 given
#> [2, 2, 2]
print([len(p) for p in x.tensor_split(4)])
#> [2, 2, 1, 1]
