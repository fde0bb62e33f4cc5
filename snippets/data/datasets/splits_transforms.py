import torch
from torch.utils.data import Dataset, random_split
from torchvision.transforms import v2


class Images(Dataset):
    def __init__(self, samples, transform):
        self.samples, self.transform = samples, transform

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        image, label = self.samples[index]
        return self.transform(image), label


# 也可以是（路径，标签） | (path, label) as well
samples = [(torch.rand(3, 8, 8), i % 2) for i in range(10)]

# 先划分样本，再各配变换 | split the samples, then add transforms
train_samples, val_samples = random_split(
    samples, [0.8, 0.2], generator=torch.Generator().manual_seed(0)
)
train_set = Images(train_samples, v2.RandomCrop(6))
val_set = Images(val_samples, v2.CenterCrop(6))
print(len(train_set), len(val_set), val_set[0][0].shape)
#> 8 2 torch.Size([3, 6, 6])
