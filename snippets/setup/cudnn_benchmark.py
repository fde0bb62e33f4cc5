import torch

#[
deterministic = False  # 要可复现就改成 True | True for repeatable results
torch.backends.cudnn.benchmark = not deterministic
torch.use_deterministic_algorithms(deterministic)
#]
