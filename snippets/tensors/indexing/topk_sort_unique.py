import torch

scores = torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.2, 0.4]])  # (N, C)
labels = torch.tensor([7, 3, 7, 5, 7])

#[
values, indices = scores.topk(2, dim=1)  # 每行最大的 2 个 | 2 largest per row
lowest = scores.topk(2, dim=1, largest=False).values  # 最小 | smallest
ranked, order = scores.sort(dim=1, descending=True)
# 并列时保持原来的次序 | ties keep their order
by_label = labels.argsort(stable=True)
# 去重，每个元素在 classes 中的位置，次数 | inverse: where in classes
classes, inverse, counts = labels.unique(
    return_inverse=True, return_counts=True
)
#]
print(indices.tolist(), lowest)
#> [[1, 2], [0, 2]] tensor([[0.1000, 0.3000],
#>         [0.2000, 0.4000]])
print(by_label.tolist(), labels[by_label].tolist())
#> [1, 3, 0, 2, 4] [3, 5, 7, 7, 7]
print(classes.tolist(), inverse.tolist(), counts.tolist())
#> [3, 5, 7] [2, 0, 2, 1, 2] [1, 1, 3]
