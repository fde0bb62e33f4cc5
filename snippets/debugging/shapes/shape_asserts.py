import torch
from torch import nn


#[
def expect(x, *shape):  # None：大小任意 | None: any size
    fits = x.ndim == len(shape) and all(
        want in (None, size)
        for want, size in zip(shape, x.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"expected {shape}, got {tuple(x.shape)}")
    return x


#]
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, images):
        n, _, h, w = expect(images, None, 3, None, None).shape
        x = expect(self.conv(images), n, 8, h, w)
        return expect(self.head(x.mean(dim=(2, 3))), n, 5)


net = Net()
print(net(torch.rand(4, 3, 32, 32)).shape)
#> torch.Size([4, 5])
try:
    net(torch.rand(4, 32, 32, 3))
except ValueError as e:
    print(e)
    #> expected (None, 3, None, None), got (4, 32, 32, 3)
