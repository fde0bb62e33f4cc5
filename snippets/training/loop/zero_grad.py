import torch
from torch import nn

torch.manual_seed(0)
backbone, head = nn.Linear(2, 3), nn.Linear(3, 1)
model = nn.Sequential(backbone, head)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.ones(4, 2)

for _ in range(3):
    optimizer.zero_grad()
    loss = model(x).square().mean()
    loss.backward()
    optimizer.step()

# 不清零再反向传播一次：梯度相加 | backward again without zeroing: the gradients add up
optimizer.zero_grad()
model(x).square().mean().backward()
once = head.weight.grad.clone()
model(x).square().mean().backward()
print(torch.equal(head.weight.grad, 2 * once))
#> True

# 优化器只清自己的参数，模型清全部 | an optimizer clears its own parameters, a model all of its own
head_optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
head_optimizer.zero_grad()
print(head.weight.grad, backbone.weight.grad is None)
#> None False
model.zero_grad()
print(head.weight.grad, backbone.weight.grad)
#> None None
