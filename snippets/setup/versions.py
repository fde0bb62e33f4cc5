import platform
from importlib.metadata import version

import torch

cuda = torch.cuda.is_available()
report = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    # 不导入也能读到版本 | reads the version without importing
    "torchvision": version("torchvision"),
    # 编译 torch 用的 CUDA，CPU 版为 None | torch was built with it, None in CPU builds
    "cuda build": torch.version.cuda,
    "cudnn": torch.backends.cudnn.version(),
    "gpu": torch.cuda.get_device_name() if cuda else None,
}

# 值因机器而异，填报告用 print(report) | values differ by machine: use print(report)
print(*report, sep=", ")
#> python, torch, torchvision, cuda build, cudnn, gpu
