import torch
from PIL import Image
from torchvision.transforms import v2

image = Image.new("RGB", (300, 280), "orange")

#[
mean = [0.485, 0.456, 0.406]  # ImageNet
std = [0.229, 0.224, 0.225]
to_float = v2.ToDtype(torch.float32, scale=True)  # [0, 1]
finish = [to_float, v2.Normalize(mean, std)]
augment = [v2.RandomResizedCrop(224), v2.RandomHorizontalFlip()]
resize = [v2.Resize(256), v2.CenterCrop(224)]
train_transform = v2.Compose([v2.ToImage(), *augment, *finish])
eval_transform = v2.Compose([v2.ToImage(), *resize, *finish])
#]
x = eval_transform(image)
print(x.shape, x.dtype)
#> torch.Size([3, 224, 224]) torch.float32
print(x[:, 0, 0])
#> tensor([ 2.2489,  0.8529, -1.8044])
