import torch

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

weight = torch.ones(2, device=device, requires_grad=True)
half = weight.to(torch.bfloat16)

array = weight.detach().cpu().numpy()
half_array = half.detach().cpu().float().numpy()
print(array.dtype, half_array.dtype)
#> float32 float32
