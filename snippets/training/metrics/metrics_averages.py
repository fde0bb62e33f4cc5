import torch
from torchmetrics.functional.classification import multiclass_f1_score

y = torch.tensor([0] * 90 + [1] * 10)
pred = torch.zeros_like(y)  # 全部猜多数类 | always the frequent class
print("accuracy", round((pred == y).float().mean().item(), 3))
#> accuracy 0.9
for average in ("micro", "weighted", "macro"):
    f1 = multiclass_f1_score(pred, y, num_classes=2, average=average)
    print(average, round(f1.item(), 3))
    #> micro 0.9
    #> weighted 0.853
    #> macro 0.474
