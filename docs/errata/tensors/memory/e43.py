import torch

tensor = torch.ones(2, requires_grad=True)
assert tensor.detach().cpu().numpy().tolist() == tensor.numpy(force=True).tolist() == [1, 1]
ndarray = tensor.cpu().numpy()
