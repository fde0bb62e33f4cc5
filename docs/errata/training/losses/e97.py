import numpy as np
import torch


def seed_weight(label):
    alpha = np.array([np.sum(label == x) for x in np.unique(label.reshape(-1))])
    return torch.tensor(np.max(alpha) / alpha).float()


label = np.array([0, 0, 1])
raised = ""
try:
    torch.nn.CrossEntropyLoss(weight=seed_weight(label))(torch.rand(3, 3), torch.tensor(label))
except RuntimeError as error:
    raised = str(error)
assert raised.startswith(
    "weight tensor should be defined either for all 3 classes or no classes "
    "but got weight tensor of shape: [2]"
)

label = np.array([-100] * 8 + [0] + [1] * 4)
assert seed_weight(label).tolist() == [1, 8, 2]  # of -100, 0, and 1, for classes 0, 1, and 2
torch.nn.CrossEntropyLoss(weight=seed_weight(label))(torch.rand(13, 3), torch.tensor(label))
kept = torch.tensor(label[label != -100])
assert torch.bincount(kept, minlength=3).tolist() == [1, 4, 0]
np.sum(torch.tensor(label) == 0)
