import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

# （token 的编号，标签） | (token ids, label)
dataset = [
    (torch.tensor([5, 2]), 0),
    (torch.tensor([7, 1, 4, 9]), 1),
    (torch.tensor([3]), 0),
]


#[
def collate(batch):
    sequences, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in sequences])
    x = pad_sequence(sequences, batch_first=True, padding_value=0)
    mask = torch.arange(x.shape[1]) < lengths[:, None]
    return x, mask, torch.tensor(labels)


loader = DataLoader(dataset, batch_size=3, collate_fn=collate)
#]
x, mask, labels = next(iter(loader))
print(x)  # (N, L)
#> tensor([[5, 2, 0, 0],
#>         [7, 1, 4, 9],
#>         [3, 0, 0, 0]])
print(mask)  # True：不是填充 | True: not padding
#> tensor([[ True,  True, False, False],
#>         [ True,  True,  True,  True],
#>         [ True, False, False, False]])
