import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

model = nn.Linear(4, 3)
inputs = torch.randn(8, 4, dtype=torch.float64)

#[
model.to(device)  # 模块：原地移动 | a module moves in place
# 张量：要赋值，可同时转换类型 | a tensor: assign it; takes a dtype too
inputs = inputs.to(device, torch.float32)
noise = torch.randn(8, 4, device=device)  # 直接创建在设备上 | created there
outputs = model(inputs + noise)  # 结果留在设备上 | the result stays there
result = outputs.detach().cpu()  # 移回 CPU | back to the CPU
#]
print(outputs.device, result.device)
#~ cpu cpu
