import torch
from torch.utils.data import TensorDataset, random_split

dataset = TensorDataset(torch.randn(100, 4), torch.arange(100) % 3)

#[
generator = torch.Generator().manual_seed(0)
train_set, val_set, test_set = random_split(
    dataset, [0.8, 0.1, 0.1], generator=generator
)
#]
print(len(train_set), len(val_set), len(test_set))
#> 80 10 10
