import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = ReduceLROnPlateau(
    optimizer,
    mode="max",  # 准确率越高越好 | the higher the accuracy, the better
    factor=0.5,
    patience=2,
)

for accuracy in (0.5, 0.6, 0.6, 0.6, 0.6, 0.7):
    print(accuracy, optimizer.param_groups[0]["lr"])
    #> 0.5 0.1
    #> 0.6 0.1
    #> 0.6 0.1
    #> 0.6 0.1
    #> 0.6 0.1
    #> 0.7 0.05
    optimizer.step()  # 训练一轮，再验证 | train one epoch, then validate
    scheduler.step(accuracy)  # 验证集的指标 | a validation metric
