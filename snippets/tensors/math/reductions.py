import torch

x = torch.rand(8, 5, 16)  # (N, T, D)

#[
mean = x.mean(dim=1)  # 维度 1 消失 | dimension 1 goes: (N, D)
centered = x - x.mean(dim=-1, keepdim=True)  # (N, T, D) - (N, T, 1)
values, indices = x.max(dim=1)  # 最大值与位置 | maxima and where
peaks = x.amax(dim=(1, 2))  # 只要值 | values alone: (N,)
std = x.std(dim=0, correction=0)  # 除以 N，同 NumPy | over N: NumPy
norms = torch.linalg.vector_norm(x, dim=-1)  # (N, T)
running = x.cumsum(dim=1)  # 累加，形状不变 | same shape as x
finite = x.isfinite().all(dim=-1)  # 另有 any | or any: (N, T)
#]
print(mean.shape, values.shape, peaks.shape)
#> torch.Size([8, 16]) torch.Size([8, 16]) torch.Size([8])
print(running.shape, finite.shape)
#> torch.Size([8, 5, 16]) torch.Size([8, 5])
