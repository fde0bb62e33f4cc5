from torch import nn


class net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_list = [nn.Linear(10, 10) for i in range(3)]
        self.linears = nn.Sequential(*self.linears_list)


net()
