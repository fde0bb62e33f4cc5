import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split
from tqdm.auto import tqdm

seed, epochs, patience = 0, 5, 3
gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported(False)
amp = torch.autocast(device.type, torch.bfloat16, enabled=bf16)

torch.manual_seed(seed)  # 换成自己的数据和模型 | use your data and model
inputs = torch.randn(2048, 8)
targets = (inputs[:, 0] > 0).long() + (inputs[:, 1] > inputs[:, 2])
dataset = TensorDataset(inputs, targets)
train_set, val_set = random_split(dataset, [1792, 256])
loader = DataLoader(train_set, 64, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, 256)
model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
model.to(device)

loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
steps = epochs * len(loader)
warmup = steps // 20 + 1
rise = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=warmup)
fall = lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps - warmup))
scheduler = lr_scheduler.SequentialLR(optimizer, [rise, fall], [warmup])


@torch.inference_mode()
def evaluate():
    model.eval()
    total = torch.zeros(2, device=device)  # 损失、正确数 | loss, hits
    for x, y in val_loader:
        x, y = x.to(device), y.to(device)
        with amp:
            logits = model(x).float()
        hits = (logits.argmax(dim=1) == y).sum()
        total += torch.stack([loss_fn(logits, y) * len(y), hits])
    return (total / len(val_set)).tolist()


parts = dict(model=model, optimizer=optimizer, scheduler=scheduler)
folder = Path(tempfile.mkdtemp())  # 换成 Path("runs") | use Path("runs")
folder.mkdir(parents=True, exist_ok=True)
last, best = folder / "last.pt", folder / "best.pt"
start, best_acc, waited = 0, -1.0, 0
if last.exists():  # 断点续训 | resume
    state = torch.load(last, map_location="cpu", weights_only=True)
    start, best_acc, waited = state["progress"]
    for name, part in parts.items():
        part.load_state_dict(state[name])

for epoch in range(start, epochs):
    if waited == patience:  # 早停 | early stopping
        break
    torch.manual_seed(1000 * seed + epoch)
    model.train()
    losses = []
    for x, y in tqdm(loader, leave=False, disable=None):
        x, y = x.to(device), y.to(device)
        #[
        optimizer.zero_grad()
        with amp:
            loss = loss_fn(model(x), y)
        loss.backward()
        clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        #]
        losses.append(loss.detach())
    train_loss = torch.stack(losses).mean().item()
    val_loss, acc = evaluate()
    print(f"{epoch}: {train_loss:.2f} {val_loss:.2f} {acc:.1%}")
    #~ 0: 0.73 0.45 80.1%
    #~ 1: 0.29 0.22 89.8%
    #~ 2: 0.15 0.15 95.7%
    #~ 3: 0.12 0.14 95.7%
    #~ 4: 0.11 0.14 95.3%
    waited += 1
    if acc > best_acc:
        best_acc, waited = acc, 0
        torch.save(model.state_dict(), best)
    state = {name: part.state_dict() for name, part in parts.items()}
    state["progress"] = epoch + 1, best_acc, waited
    torch.save(state, folder / "new.pt")
    (folder / "new.pt").replace(last)

weights = torch.load(best, map_location="cpu", weights_only=True)
model.load_state_dict(weights)  # 最好的一轮 | the best epoch
