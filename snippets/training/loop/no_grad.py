import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")


#[
@torch.inference_mode()
def evaluate(model, loader, device):
    model.eval()
    hits = []
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        hits.append(model(x).argmax(dim=1) == y)
    return torch.cat(hits).float().mean().item()


#]
model = nn.Identity()  # 代替训练好的模型 | stands for a trained model
dataset = TensorDataset(torch.eye(4), torch.tensor([0, 1, 2, 0]))
loader = DataLoader(dataset, batch_size=3)
print(evaluate(model, loader, device))
#> 0.75
