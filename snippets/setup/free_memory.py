import gc
import weakref

import torch

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

x = torch.ones(1024, 1024, device=device)
alive = weakref.ref(x)
history = [x]  # 另一个引用 | another reference
history.append(history)  # 循环引用 | a reference cycle

del x
print(alive() is None)
#> False

del history
gc.collect()  # 回收循环引用 | collects reference cycles
print(alive() is None)
#> True

if gpu:
    # 把空闲缓存还给驱动 | hands idle cache back to the driver
    torch.accelerator.empty_cache()
