import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

image = torch.zeros(3, 4, 6, dtype=torch.uint8)
image[:, 1:3, 0:2] = 255  # 左边的物体 | an object on the left
image = tv_tensors.Image(image)
target = {
    "boxes": tv_tensors.BoundingBoxes(
        [[0, 1, 2, 3]], format="XYXY", canvas_size=(4, 6)
    ),
    "masks": tv_tensors.Mask(image[:1] == 255),  # (N, H, W)
    "labels": torch.tensor([7]),
}

transform = v2.Compose(
    [
        v2.RandomHorizontalFlip(p=1),
        v2.CenterCrop(4),
        v2.SanitizeBoundingBoxes(),  # 去掉空框 | drops empty boxes
        v2.ToDtype(torch.float32, scale=True),  # 只改图像 | image only
    ]
)
image, target = transform(image, target)  # 一起变换 | they move together

print(image[0])
#> tensor([[0., 0., 0., 0.],
#>         [0., 0., 0., 1.],
#>         [0., 0., 0., 1.],
#>         [0., 0., 0., 0.]])
print(target["masks"][0].int())
#> tensor([[0, 0, 0, 0],
#>         [0, 0, 0, 1],
#>         [0, 0, 0, 1],
#>         [0, 0, 0, 0]], dtype=torch.int32)
print(target["boxes"].tolist(), target["labels"])
#> [[3, 1, 4, 3]] tensor([7])
