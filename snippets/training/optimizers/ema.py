import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
model = nn.Linear(4, 3).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
loss_fn = nn.CrossEntropyLoss()
x = torch.randn(64, 4, device=device)
y = torch.randint(3, (64,), device=device)
# 项目里写 Path("checkpoints") | in a project: Path("checkpoints")
folder = Path(tempfile.mkdtemp())
folder.mkdir(parents=True, exist_ok=True)

#[
ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
#]
for step in range(20):
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    optimizer.step()
    #[
    ema.update_parameters(model)  # 每次 step() 之后 | after each step()
    #]

#[
# 评估用 ema，训练仍用 model | evaluate ema, go on training model
ema.eval()
with torch.inference_mode():
    val_loss = loss_fn(ema(x), y)

torch.save(ema.module.state_dict(), folder / "ema.pt")  # 发布 | ship
torch.save(ema.state_dict(), folder / "ema_last.pt")  # 续训 | resume
#]
print(list(ema.module.state_dict()))
#> ['weight', 'bias']
print(list(ema.state_dict()))
#> ['n_averaged', 'module.weight', 'module.bias']
