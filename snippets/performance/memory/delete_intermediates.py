import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
model.to(device).eval()
loader = torch.randn(96, 64).split(32)

#[
predictions = []
with torch.inference_mode():  # 不为反向保存 | saves nothing for backward
    for batch in loader:
        out = model(batch.to(device))
        # 只留要用的，放到 CPU | keep what is needed, on the CPU
        predictions.append(out.argmax(dim=1).cpu())
        del out  # 否则会活到下一批算完 | else alive during the next batch
#]
print(torch.cat(predictions).shape)
#> torch.Size([96])
