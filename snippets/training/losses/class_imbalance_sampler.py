import torch
from torch.utils.data import (
    DataLoader,
    TensorDataset,
    WeightedRandomSampler,
)

torch.manual_seed(0)
labels = torch.tensor([0] * 900 + [1] * 100)
dataset = TensorDataset(torch.randn(1000, 8), labels)

# 每个样本的权重：1 / 所属类别的样本数 | a sample's weight: 1 / size of its class
weights = 1 / torch.bincount(labels)[labels]
sampler = WeightedRandomSampler(weights, num_samples=len(labels))
loader = DataLoader(dataset, batch_size=50, sampler=sampler)

drawn = torch.cat([y for _, y in loader])
print(f"{labels.float().mean():.1f}, {drawn.float().mean():.1f}")
#> 0.1, 0.5
