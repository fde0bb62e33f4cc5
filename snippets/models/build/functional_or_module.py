import torch.nn.functional as F
from torch import nn


#[
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 8)  # 有参数 | has parameters
        self.dropout = nn.Dropout(0.5)  # 两种模式不同 | has two modes

    def forward(self, x):
        x = F.relu(self.linear(x))  # 无状态 | no state
        return self.dropout(x)


#]
model = Net().eval()
print(model)
#> Net(
#>   (linear): Linear(in_features=4, out_features=8, bias=True)
#>   (dropout): Dropout(p=0.5, inplace=False)
#> )
