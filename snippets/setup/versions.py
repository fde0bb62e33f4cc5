import platform

import torch

#[
print("Python", platform.python_version())
#~ Python 3.11.7
print("torch", torch.__version__)
#~ torch 2.14.1+cu130
# 编译 torch 时的版本，没有则为 None | of the build, None if it has none
print("CUDA", torch.version.cuda)
#~ CUDA 13.0
print("cuDNN", torch.backends.cudnn.version())
#~ cuDNN 92400
gpus = range(torch.cuda.device_count())
print("GPUs", [torch.cuda.get_device_name(i) for i in gpus])
#~ GPUs […]
#]
