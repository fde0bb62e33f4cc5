import torch
import torch.nn.functional as F

x = torch.rand(100, 16)
y = torch.rand(500, 16)

#[
dist = torch.cdist(x, y)  # (100, 500)
nearest = dist.argmin(dim=1)  # y 中的下标 | indices into y
values, indices = dist.topk(5, dim=1, largest=False)  # 最近 5 个 | 5 nearest
# 余弦相似度 | cosine similarity
cosine = F.normalize(x, dim=1) @ F.normalize(y, dim=1).T
#]
print(dist.shape, nearest.shape, indices.shape)
#> torch.Size([100, 500]) torch.Size([100]) torch.Size([100, 5])
