import torch


class MyLoss(torch.nn.Moudle):
    pass
