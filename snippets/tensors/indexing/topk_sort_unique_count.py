import torch

labels = torch.tensor([2, 0, 2])
ages = torch.tensor([3, 18, 40, 65])
scores = torch.tensor([[0.1, 0.6], [0.5, 0.2]])

# 每个类别的个数，没出现的为 0 | how many of each class, 0 if absent
print(torch.bincount(labels, minlength=4).tolist())
#> [1, 0, 2, 0]

# 每个值首次出现的位置 | where each value first occurs
classes, inverse = labels.unique(return_inverse=True)
positions = torch.arange(len(labels), device=labels.device)
first = inverse.new_full(classes.shape, len(labels))
first.scatter_reduce_(0, inverse, positions, reduce="amin")
print(classes.tolist(), first.tolist())
#> [0, 2] [1, 0]

# 分箱：小于 18、18 到 64、65 起 | bins: below 18, 18 to 64, from 65
edges = torch.tensor([18, 65])  # 须递增 | must ascend
print(torch.bucketize(ages, edges, right=True).tolist())
#> [0, 1, 1, 2]

# 整个张量中最大的 2 个 | the 2 largest of the whole tensor
flat = scores.flatten().topk(2).indices
row, column = torch.unravel_index(flat, scores.shape)
print(row.tolist(), column.tolist())
#> [0, 1] [1, 0]
