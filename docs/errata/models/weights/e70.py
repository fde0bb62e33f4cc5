from torch import nn

nn.Linear(1, 1).name_children()
