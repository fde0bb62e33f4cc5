import torch

w = torch.nn.Parameter(torch.ones(1))
torch.optim.SGD([{"parameters": [w]}], lr=0.1)
