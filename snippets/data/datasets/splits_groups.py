import torch
from torch.utils.data import Subset, TensorDataset

# 每个病人有几个样本 | several samples per patient
patients = torch.tensor([7, 7, 7, 3, 3, 5, 5, 5, 9, 9, 2, 2])
dataset = TensorDataset(torch.randn(12, 4), patients)

ids = patients.unique()
generator = torch.Generator().manual_seed(0)
ids = ids[torch.randperm(len(ids), generator=generator)]
in_val = torch.isin(patients, ids[: round(0.4 * len(ids))])

train_set = Subset(dataset, (~in_val).nonzero().flatten().tolist())
val_set = Subset(dataset, in_val.nonzero().flatten().tolist())
train_ids = {int(patient) for _, patient in train_set}
val_ids = {int(patient) for _, patient in val_set}
print(len(train_ids), len(val_ids), train_ids & val_ids)
#> 3 2 set()
