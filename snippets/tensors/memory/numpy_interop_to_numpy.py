import torch

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

weight = torch.ones(2, 2, device=device, requires_grad=True)

array = weight.detach().cpu().numpy()
same = weight.numpy(force=True)  # 简写 | shorthand
print((array == same).all())
#> True

# NumPy 没有 bfloat16 | NumPy has no bfloat16
half = torch.tensor([1.5, 2.5], dtype=torch.bfloat16, device=device)
floats = half.float().numpy(force=True)
print(floats.tolist())
#> [1.5, 2.5]
