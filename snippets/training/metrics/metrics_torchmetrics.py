import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
)

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")
model = nn.Identity()
logits = 5.0 * torch.eye(3)[[0, 0, 1, 2, 2, 1]]
dataset = TensorDataset(logits, torch.tensor([0, 0, 1, 2, 0, 2]))
loader = DataLoader(dataset, batch_size=4)

metrics = MetricCollection(
    {
        "accuracy": MulticlassAccuracy(3, average="micro"),
        "f1": MulticlassF1Score(3, average="macro"),
        "confusion": MulticlassConfusionMatrix(3),
    }
).to(device)

metrics.reset()  # 每个 epoch 开头 | at the start of each epoch
model.eval()
for x, y in loader:
    with torch.inference_mode():
        metrics.update(model(x.to(device)), y.to(device))
result = metrics.compute()  # 每个 epoch 一次 | once per epoch
print(f"{result['accuracy']:.3f} {result['f1']:.3f}")
#> 0.667 0.656
print(result["confusion"].tolist())
#> [[2, 0, 1], [0, 1, 0], [0, 1, 1]]
