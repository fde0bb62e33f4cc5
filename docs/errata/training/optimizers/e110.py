import torch

model = torch.nn.Linear(2, 2)
bias_list = (param for name, param in model.named_parameters() if name[-4:] == "bias")
groups = [torch.optim.SGD([{"params": bias_list}], lr=0.1).param_groups[0] for _ in range(2)]
assert [len(group["params"]) for group in groups] == [1, 0]
