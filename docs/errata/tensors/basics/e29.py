import warnings

import torch

assert torch.get_default_dtype() == torch.float32
warnings.simplefilter("error")
torch.set_default_tensor_type(torch.FloatTensor)
