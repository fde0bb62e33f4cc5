import torch

last = torch.rand(1, 1)  # 最后一批只有 1 个样本 | the last batch has 1 sample

print(last.squeeze().shape)  # 批次维度也没了 | no batch dimension left
#> torch.Size([])
print(last.squeeze(1).shape)
#> torch.Size([1])
