import torch
import torch.nn.functional as F

num_classes = 4
labels = torch.tensor([0, 2, 1, 2])

#[
one_hot = F.one_hot(labels, num_classes=num_classes)  # int64
targets = one_hot.to(torch.float32)  # 概率形式的目标 | as probabilities
#]
print(targets)
#> tensor([[1., 0., 0., 0.],
#>         [0., 0., 1., 0.],
#>         [0., 1., 0., 0.],
#>         [0., 0., 1., 0.]])
