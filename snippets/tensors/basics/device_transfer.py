import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

# 直接在设备上创建 | created on the device
points = torch.tensor([[1.0, 4.0], [2.0, 1.0]], device=device)

# 张量的 to() 返回结果，要赋值；可同时转换数据类型 | tensor.to() returns the result: assign it; it takes a dtype too
offset = torch.tensor([10, 20])
offset = offset.to(device, torch.float32)

# 模块的 to() 原地移动 | module.to() moves in place
model = nn.Linear(2, 1)
model.to(device)

# 在操作数所在的设备上计算，结果留在那里 | runs where the operands are, and the result stays there
scaled = 2 * points + offset
score = model(scaled)
print(scaled.device == score.device == points.device)
#> True

# 移回 CPU | back to the CPU
result = scaled.cpu()
print(result.is_cpu, result.dtype)
#> True torch.float32
