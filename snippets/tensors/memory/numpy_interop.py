import numpy as np
import torch

array = np.array([1.0, 2.0, 3.0])

#[
shared = torch.from_numpy(array)  # 共享内存 | shared memory
x = torch.tensor(array, dtype=torch.float32)  # 副本 | a copy
back = x.numpy(force=True)  # 回到 NumPy | back to NumPy
#]

array[0] = 100
print(shared, x, sep="\n")
#> tensor([100.,   2.,   3.], dtype=torch.float64)
#> tensor([1., 2., 3.])
