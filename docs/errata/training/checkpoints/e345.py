import torch

torch.manual_seed(0)
labels = torch.randint(2, (100,))
accuracies = [(torch.randint(2, (100,)) == labels).float().mean().item() for _ in range(50)]
assert max(accuracies) >= 0.6
assert abs(sum(accuracies) / 50 - 0.5) < 0.02
