import warnings

import torch
from torch.utils.data import DataLoader

loader = DataLoader([torch.ones(1)], pin_memory=True)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    assert not next(iter(loader)).is_pinned()
warnings.simplefilter("error")
next(iter(loader))
