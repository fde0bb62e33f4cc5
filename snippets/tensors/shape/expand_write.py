import torch

grid = torch.zeros(2, 1).expand(-1, 3)

grid[0, 0] = 1  # 写 1 处，变 3 处 | write 1 place, and 3 change
print(grid.tolist())
#> [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
