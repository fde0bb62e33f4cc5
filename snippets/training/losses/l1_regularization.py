import torch
import torch.nn.functional as F
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(4, 8),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Linear(8, 3),
).to(device)
x = torch.randn(16, 4).to(device)
labels = torch.randint(3, (16,)).to(device)
l1_lambda = 0.01

# 只要权重：跳过偏置和归一化层 | weights only: no biases, no normalization layers
weights = [p for p in model.parameters() if p.ndim > 1]
print(len(weights), len(list(model.parameters())))
#> 2 6

data_loss = F.cross_entropy(model(x), labels)
l1 = sum(w.abs().sum() for w in weights)
loss = data_loss + l1_lambda * l1
data_grads = torch.autograd.grad(data_loss, weights, retain_graph=True)
loss.backward()

# 每个权重的梯度多出 λ·sign(w) | each weight's gradient gains λ·sign(w)
for w, grad in zip(weights, data_grads, strict=True):
    torch.testing.assert_close(w.grad, grad + l1_lambda * w.sign())
