import numpy as np
import torch

array = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

shared = torch.from_numpy(array)  # 共享内存 | shared memory
copied = torch.tensor(array)  # 副本 | a copy
array[0, 0] = 100
print(shared[0, 0].item(), copied[0, 0].item())
#> 100.0 1.0

# dtype 随数组，要 float32 就写明 | the array's dtype, unless you name one
inputs = torch.tensor(array, dtype=torch.float32)
print(shared.dtype, inputs.dtype)
#> torch.float64 torch.float32

# 步长为负，先 copy() | a negative stride: copy() first
flipped = torch.from_numpy(array[:, ::-1].copy())
print(flipped[1].tolist())
#> [6.0, 5.0, 4.0]
