import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import torch

assert not torch.cuda.is_available()
built_with_cuda = torch.backends.cuda.is_built()
assert (torch.version.cuda is not None) == built_with_cuda
