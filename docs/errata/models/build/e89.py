from torch import nn


class net(nn.Module):
    def __init__(self):
        super(net, self).__init__()


net = net()
type(net)()
