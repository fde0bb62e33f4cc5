import gc
import weakref

import torch

device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
x = torch.ones(1024, 1024, device=device)
watch = weakref.ref(x)
in_use = torch.cuda.memory_allocated() if device.type == "cuda" else None
torch.cuda.empty_cache()
assert watch() is not None and x.sum() == 1024 * 1024
if device.type == "cuda":
    assert torch.cuda.memory_allocated() == in_use
del x
gc.collect()
assert watch() is None
