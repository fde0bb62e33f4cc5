import torch
from torchvision.transforms import v2

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
image = torch.randint(256, (3, 32, 32), dtype=torch.uint8)
images = torch.stack([image] * 8).to(device)

augment = v2.Compose(
    [v2.RandomCrop(24), v2.ToDtype(torch.float32, scale=True)]
)
once = augment(images)  # 整批抽一次 | one draw for the batch
each = torch.stack([augment(x) for x in images])  # 每张 | per image
print(len(once.unique(dim=0)), len(each.unique(dim=0)) > 1)
#> 1 True
print(each.shape, each.device == images.device)
#> torch.Size([8, 3, 24, 24]) True
