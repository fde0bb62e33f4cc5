import os
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR


def save(path, parts, **values):
    #[
    state = {name: part.state_dict() for name, part in parts.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    torch.save(state | values, draft)
    os.replace(draft, path)  # 写完才替换旧的 | replaces the old one when written
    #]


def load(path, parts):
    #[
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    #]
    return state


gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
model = nn.Linear(4, 3).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=2)
parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}

# 项目里写 Path("checkpoints") | in a project: Path("checkpoints")
folder = Path(tempfile.mkdtemp(), "checkpoints")
last, best = folder / "last.pt", folder / "best.pt"
start = 0
best_acc = float("-inf")
if last.exists():  # 断点续训 | resume
    state = load(last, parts)
    start, best_acc = state["epoch"], state["best_acc"]

x = torch.randn(8, 4, device=device)
y = torch.arange(8, device=device) % 3
for epoch in range(start, 3):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    scheduler.step()
    with torch.no_grad():  # 换成验证集 | use validation data here
        acc = (model(x).argmax(1) == y).float().mean().item()
    if acc > best_acc:
        best_acc = acc
        save(best, {"model": model})
    save(last, parts, epoch=epoch + 1, best_acc=best_acc)

print(load(last, parts)["epoch"], sorted(os.listdir(folder)))
#> 3 ['best.pt', 'last.pt']
