import torch
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

train_set = TensorDataset(torch.randn(100, 4), torch.arange(100) % 3)
val_set = TensorDataset(torch.randn(50, 4), torch.arange(50) % 3)

#[
train_loader = DataLoader(
    train_set, batch_size=32, shuffle=True, drop_last=True
)
val_loader = DataLoader(val_set, batch_size=32)  # 不打乱 | in order

for epoch in range(2):
    for x, y in train_loader:
        x, y = x.to(device), y.to(device)
#]
print(x.shape, y.shape)
#> torch.Size([32, 4]) torch.Size([32])

# 批次数、样本数 | batches, samples
print(len(train_loader), len(train_loader.dataset))
#> 3 100
print([len(x) for x, y in val_loader])
#> [32, 18]
