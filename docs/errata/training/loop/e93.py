import torch

norm = torch.nn.BatchNorm1d(2).requires_grad_(False)
assert {"running_mean", "running_var"} < {name for name, _ in norm.named_buffers()}
assert [name for name, _ in norm.named_parameters()] == ["weight", "bias"]
x = torch.randn(8, 2) + 5
norm(x)
assert norm.running_mean.min() > 0
before = norm.running_mean.clone()
norm.eval()(x)
assert torch.equal(norm.running_mean, before)

norm = torch.nn.BatchNorm1d(2, track_running_stats=False).eval()
assert norm.running_mean is None
assert norm(torch.randn(100, 2) + 5).mean(dim=0).abs().max() < 1e-4
