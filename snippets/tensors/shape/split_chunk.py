import torch

x = torch.arange(10)
qkv = torch.rand(8, 10, 192)  # (N, T, 3 * D)
signal = torch.rand(8, 100)  # (N, T)

#[
parts = x.split(4)  # 每块 4 个 | 4 in each: 4, 4, 2
head, tail = x.split([8, 2])  # 各块的大小 | the size of each
q, k, v = qkv.chunk(3, dim=-1)  # 等分成 3 块 | 3 equal parts
pieces = x.tensor_split(4)  # 恰好 4 块 | 4 parts: 3, 3, 2, 2
steps = signal.unbind(dim=1)  # 逐个取出，该维消失 | one by one: (N,)
windows = signal.unfold(1, 20, 10)  # 长 20，步长 10 | size 20, step 10
#]
print([len(p) for p in parts], [len(p) for p in pieces])
#> [4, 4, 2] [3, 3, 2, 2]
print(q.shape, len(steps), windows.shape)
#> torch.Size([8, 10, 64]) 100 torch.Size([8, 9, 20])
