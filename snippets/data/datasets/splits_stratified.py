import torch
from torch.utils.data import Subset, TensorDataset


def stratified_split(labels, fraction, generator=None):
    train, val = [], []
    for label in labels.unique():
        rows = (labels == label).nonzero().flatten()
        rows = rows[torch.randperm(len(rows), generator=generator)]
        n = round(fraction * len(rows))
        val.append(rows[:n])
        train.append(rows[n:])
    return torch.cat(train), torch.cat(val)


labels = torch.tensor([0] * 90 + [1] * 10)
dataset = TensorDataset(torch.randn(100, 4), labels)

generator = torch.Generator().manual_seed(0)
train_rows, val_rows = stratified_split(labels, 0.2, generator)
train_set = Subset(dataset, train_rows.tolist())
val_set = Subset(dataset, val_rows.tolist())
print(labels[train_rows].bincount(), labels[val_rows].bincount())
#> tensor([72,  8]) tensor([18,  2])
