import torch
import torch.nn.functional as F
from torch import nn

gen = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
disc = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
opt_gen = torch.optim.AdamW(gen.parameters())
opt_disc = torch.optim.AdamW(disc.parameters())
real = torch.randn(16, 2)
fake = gen(torch.randn(16, 4))

# 判别器：在 fake 处截断 | discriminator: cut the graph at fake
loss = F.softplus(-disc(real)).mean()
loss = loss + F.softplus(disc(fake.detach())).mean()
opt_disc.zero_grad()
loss.backward()
opt_disc.step()
print(gen[0].weight.grad)
#> None

# 生成器：判别器变了，重新前向 | generator: disc has changed, run it again
loss = F.softplus(-disc(fake)).mean()
opt_gen.zero_grad()
loss.backward()
opt_gen.step()
print(gen[0].weight.grad.shape)
#> torch.Size([8, 4])
