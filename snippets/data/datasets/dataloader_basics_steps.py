import torch
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(10, 4), torch.arange(10))
loader = DataLoader(dataset, batch_size=4, shuffle=True)

x, y = next(iter(loader))  # 只看一个批次 | one batch, for a look
print(x.shape)
#> torch.Size([4, 4])


def endless(loader):
    while True:
        yield from loader  # 每一轮重新打乱 | shuffled anew each time


for step, (x, y) in zip(range(8), endless(loader)):
    print(step, len(x), end="; ")
    #> 0 4; 1 4; 2 2; 3 4; 4 4; 5 2; 6 4; 7 4;
print()
#>
