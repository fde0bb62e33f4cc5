import torch
import torch.nn.functional as F

x = torch.tensor([-1.0, 2.0])
assert (F.relu(x) + x).tolist() == [-1.0, 4.0]
assert (F.relu(x, inplace=True) + x).tolist() == [0.0, 4.0]
assert x.tolist() == [0.0, 2.0]
