import tempfile
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2


#[
class Images(Dataset):
    def __init__(self, samples, transform):
        self.samples, self.transform = samples, transform

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        return self.transform(Image.open(path).convert("RGB")), label


#]

with tempfile.TemporaryDirectory() as folder:
    # 三张图，类别在文件名里 | three images, the class in the name
    for name in ("cat_0.png", "cat_1.png", "dog_0.png"):
        Image.new("RGB", (10, 8), "orange").save(Path(folder, name))

    paths = sorted(Path(folder).glob("*.png"))
    classes = ["cat", "dog"]
    samples = [(p, classes.index(p.stem.split("_")[0])) for p in paths]
    to_float = v2.ToDtype(torch.float32, scale=True)
    dataset = Images(samples, v2.Compose([v2.ToImage(), to_float]))

    images, labels = next(iter(DataLoader(dataset, batch_size=3)))
print(images.shape, images.dtype)
#> torch.Size([3, 3, 8, 10]) torch.float32
print(labels)
#> tensor([0, 0, 1])
