import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 100)  # 有参数 | has parameters
        self.dropout = nn.Dropout(0.5)  # 区分训练与评估 | depends on the mode

    def forward(self, x):
        return self.dropout(F.relu(self.linear(x)))  # relu 无状态 | relu has no state


model = Net().eval()
x = torch.ones(4, 8)
print(torch.equal(model(x), model(x)))
#> True

# 函数不知道评估模式，要传 training | a function does not know the mode: pass training
ones = torch.ones(1000)
wrong = F.dropout(ones, p=0.5)
right = F.dropout(ones, p=0.5, training=model.training)
print(torch.equal(wrong, ones), torch.equal(right, ones))
#> False True
