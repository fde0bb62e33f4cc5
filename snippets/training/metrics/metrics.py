import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

# 代替训练好的模型：输入就是 logits | stands for a model: the input is logits
model = nn.Identity()
logits = 5.0 * torch.eye(3)[[0, 0, 1, 2, 2, 1]]
dataset = TensorDataset(logits, torch.tensor([0, 0, 1, 2, 0, 2]))
loader = DataLoader(dataset, batch_size=4)

num_classes = 3
size = (num_classes, num_classes)
#[
confusion = torch.zeros(size, dtype=torch.long, device=device)
#]
model.eval()
for x, y in loader:
    x, y = x.to(device), y.to(device)
    with torch.inference_mode():
        pred = model(x).argmax(dim=1)
    #[
    # 行：真实类别，列：预测类别 | rows: true, columns: predicted
    one = torch.ones_like(y)
    confusion.index_put_((y, pred), one, accumulate=True)
    #]

#[
tp = confusion.diag()
true, predicted = confusion.sum(1), confusion.sum(0)
accuracy = tp.sum() / confusion.sum()
precision, recall = tp / predicted.clamp(min=1), tp / true.clamp(min=1)
f1 = 2 * tp / (true + predicted)  # 没有出现的类是 NaN | NaN: class absent
#]
macro_f1 = f1.nanmean()
print(confusion.tolist())
#> [[2, 0, 1], [0, 1, 0], [0, 1, 1]]
print(f"{accuracy:.3f} {macro_f1:.3f}")
#> 0.667 0.656
