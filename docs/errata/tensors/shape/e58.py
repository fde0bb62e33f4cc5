import warnings

import torch

warnings.simplefilter("error")
points = torch.tensor([[1.0, 4.0], [2.0, 1.0], [3.0, 5.0]])
points.untyped_storage()
points.storage()
