import torch

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

#[
zeros = torch.zeros(2, 3, device=device)  # 另有 ones | or ones
sevens = torch.full((2, 3), 7.0, device=device)
identity = torch.eye(3, device=device)
steps = torch.arange(0, 10, 2, device=device)  # 不含 10 | without 10
points = torch.linspace(0, 1, 5, device=device)  # 含 1 | with 1

like = torch.ones_like(points)  # 形状、类型、设备相同 | same shape, dtype, device
new = points.new_zeros(2, 3)  # 类型、设备相同 | same dtype and device
#]
print(steps.tolist(), points.tolist())
#> [0, 2, 4, 6, 8] [0.0, 0.25, 0.5, 0.75, 1.0]
print(like.shape, new.shape)
#> torch.Size([5]) torch.Size([2, 3])
