import os
import tempfile
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


def save(path, parts, epoch):
    state = {name: part.state_dict() for name, part in parts.items()}
    state |= {"epoch": epoch, "rng": torch.get_rng_state()}
    state["cuda_rng"] = torch.cuda.get_rng_state_all()
    # 写完再替换：中途失败，旧断点还在 | replace when written: after a failure the old one is still there
    draft = path.with_suffix(".tmp")
    torch.save(state, draft)
    os.replace(draft, path)


def resume(path, parts):
    # 读到 CPU，load_state_dict() 再搬到设备 | read to the CPU; load_state_dict() moves it to the device
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["rng"])
    torch.cuda.set_rng_state_all(state["cuda_rng"])
    return state["epoch"]


def train(path, stop_in=None):
    layers = nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 1)
    model = nn.Sequential(*layers).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=2)
    scaler = torch.amp.GradScaler(device.type)
    parts = {
        "model": model,
        "optimizer": optimizer,
        "scheduler": scheduler,
        "scaler": scaler,
    }

    first = resume(path, parts) if path.exists() else 0
    print("epochs", *range(first, 4))
    #> epochs 0 1 2 3
    #> epochs 0 1 2 3
    #> epochs 2 3
    for epoch in range(first, 4):
        for x, y in DataLoader(data, batch_size=4, shuffle=True):
            loss = mse_loss(model(x.to(device)), y.to(device))
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        if epoch == stop_in:
            raise KeyboardInterrupt
        scheduler.step()
        save(path, parts, epoch + 1)


data = TensorDataset(torch.rand(16, 3), torch.rand(16, 1))
with tempfile.TemporaryDirectory() as folder:
    full, cut = Path(folder, "full.pt"), Path(folder, "cut.pt")
    torch.manual_seed(0)
    train(full)

    torch.manual_seed(0)
    with suppress(KeyboardInterrupt):
        train(cut, stop_in=2)
    torch.manual_seed(1)  # 新进程的随机数状态不同 | a new process has another RNG state
    train(cut)

    a = torch.load(full, map_location="cpu", weights_only=True)
    b = torch.load(cut, map_location="cpu", weights_only=True)

# 每一项都逐位相等 | every item is equal, bit for bit
torch.testing.assert_close(a, b, rtol=0, atol=0)
print("identical", *a)
#> identical model optimizer scheduler scaler epoch rng cuda_rng
