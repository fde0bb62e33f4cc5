from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_list = [nn.Linear(10, 10) for i in range(5)]


assert list(Net().parameters()) == [] and not Net().state_dict()
