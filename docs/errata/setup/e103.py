import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import torch

points = images = torch.ones(3, 2)
lines = (
    lambda: torch.cuda.get_device_name(0),
    lambda: torch.tensor([[1.0, 4.0]], device="cuda"),
    lambda: points.to(device="cuda"),
    lambda: points.to(device="cuda:0"),
    lambda: points.cuda(0),
    lambda: images.cuda(),
)
known = (
    "RuntimeError: Found no NVIDIA driver on your system",
    "RuntimeError: No CUDA GPUs are available",
    "AssertionError: Torch not compiled with CUDA enabled",
)
for line in lines:
    raised = ""
    try:
        line()
    except (RuntimeError, AssertionError) as error:
        raised = f"{type(error).__name__}: {error}"
    assert raised.startswith(known), raised
device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
assert points.to(device).device.type == device.type
