import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


@torch.inference_mode()
def evaluate(model, loader, device):
    model.eval()
    # 在设备上累加，最后才取出 | add up on the device, fetch once at the end
    correct = torch.zeros((), dtype=torch.int64, device=device)
    seen = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        correct += (model(x).argmax(dim=1) == y).sum()
        seen += len(y)
    return correct.item() / seen


linear = nn.Linear(4, 4, bias=False)
nn.init.eye_(linear.weight)
model = nn.Sequential(nn.Dropout(0.5), linear).to(device)
x = torch.eye(4).repeat(2, 1)
y = torch.tensor([0, 1, 2, 3, 0, 1, 0, 0])
loader = DataLoader(TensorDataset(x, y), batch_size=3)
print(evaluate(model, loader, device))
#> 0.75
