import torch
from torch.utils.data import (
    DataLoader,
    TensorDataset,
    WeightedRandomSampler,
)

labels = torch.tensor([0] * 900 + [1] * 100)
dataset = TensorDataset(torch.randn(1000, 8), labels)

# 每个样本一个权重：1 / 所属类别的样本数 | one weight per sample: 1 / size of its class
weights = 1 / torch.bincount(labels)[labels]
sampler = WeightedRandomSampler(
    weights,
    num_samples=len(labels),
    generator=torch.Generator().manual_seed(0),
)
loader = DataLoader(dataset, batch_size=50, sampler=sampler)

share = torch.cat([y for _, y in loader]).double().mean()
print(labels.double().mean().item(), round(share.item(), 1))
#> 0.1 0.5
