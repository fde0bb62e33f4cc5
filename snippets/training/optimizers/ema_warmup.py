from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def growing(average, weight, n):  # n：已更新的次数 | n: updates so far
    decay = ((1 + n) / (10 + n)).clamp(max=0.999)
    return average + (weight - average) * (1 - decay)


model = nn.Linear(1, 1, bias=False)
nn.init.zeros_(model.weight)
fixed = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
ema = AveragedModel(model, avg_fn=growing)
fixed.update_parameters(model)
ema.update_parameters(model)
nn.init.ones_(model.weight)  # 权重从 0 变为 1 | the weight goes from 0 to 1
for _ in range(100):
    fixed.update_parameters(model)
    ema.update_parameters(model)
print([round(e.module.weight.item(), 3) for e in (fixed, ema)])
#> [0.095, 1.0]
