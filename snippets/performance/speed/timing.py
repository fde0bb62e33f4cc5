import torch
from torch.utils import benchmark

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

x = torch.randn(256, 4096, device=device)
candidates = {
    "sort": lambda x: x.sort(dim=1, descending=True).values[:, :8],
    "topk": lambda x: x.topk(8, dim=1).values,
}

#[
n, results = torch.get_num_threads(), []
for name, f in candidates.items():
    scope = {"f": f, "x": x}
    timer = benchmark.Timer(
        "f(x)", globals=scope, num_threads=n, description=name
    )
    results.append(timer.blocked_autorange(min_run_time=0.2))
print(benchmark.Compare(results))
#~ [-------------  ------------]
#~             |   sort  |  topk
#~ 1 threads: ------------------
#~       f(x)  |  140.0  |  4.1
#~
#~ Times are in …
#~
#]
