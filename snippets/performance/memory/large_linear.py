import torch
from torch import nn


def nbytes(tensors):
    return sum(t.nbytes for t in tensors)


features = torch.randn(2, 256, 7, 7)
heads = {
    # 展平：每个位置都有自己的权重 | flatten: every position has weights of its own
    "flat": nn.Sequential(nn.Flatten(), nn.Linear(256 * 7 * 7, 100)),
    # 低秩：先压到 16 维 | low rank: down to 16 dimensions first
    "low rank": nn.Sequential(
        nn.Flatten(),
        nn.Linear(256 * 7 * 7, 16, bias=False),
        nn.Linear(16, 100),
    ),
    # 池化：每个通道先平均成一个数 | pooling: each channel is averaged first
    "pooled": nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(256, 100),
    ),
}
flat = nbytes(heads["flat"].parameters())
for name, head in heads.items():
    ratio = nbytes(head.parameters()) / flat
    print(name, tuple(head(features).shape), f"{ratio:.0%}")
    #> flat (2, 100) 100%
    #> low rank (2, 100) 16%
    #> pooled (2, 100) 2%

# 训练时还有梯度和 AdamW 的两份状态 | training adds gradients and two AdamW states
params = list(heads["flat"].parameters())
optimizer = torch.optim.AdamW(params)
heads["flat"](features).sum().backward()
optimizer.step()
grads = [p.grad for p in params]
states = [t for s in optimizer.state.values() for t in s.values()]
print(f"{nbytes([*params, *grads, *states]) / flat:.1f}")
#> 4.0
