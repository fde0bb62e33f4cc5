import numpy as np
import torch

assert torch.from_numpy(np.array([16777217])).float().item() == 16777216
for dtype, shares in ((np.float32, True), (np.float64, False)):
    ndarray = np.zeros(2, dtype=dtype)
    torch.from_numpy(ndarray).float()[0] = 7
    assert (ndarray[0] == 7) == shares
