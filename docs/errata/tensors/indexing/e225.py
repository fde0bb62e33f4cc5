import torch

num_classes = 4
tensor = torch.tensor([1, 4, -100])
rows = tensor[:, None] == torch.arange(num_classes, device=tensor.device)
assert rows.sum(dim=1).tolist() == [1, 0, 0]
message = ""
try:
    torch.zeros(1, num_classes).scatter_(1, torch.tensor([[-100]]), 1)
except RuntimeError as e:
    message = str(e)
assert message == "index -100 is out of bounds for dimension 1 with size 4"
one_hot = torch.zeros(3, num_classes).long()
one_hot.scatter_(dim=1, index=torch.unsqueeze(tensor, dim=1), src=torch.ones(3, num_classes).long())
