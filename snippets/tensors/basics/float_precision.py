import torch

#[
# 程序开头：float32 矩阵乘法用 TF32 | at program start: TF32 for float32 products
torch.set_float32_matmul_precision("high")
#]
print(torch.get_float32_matmul_precision())
#> high

# 对照数值时全用 float32 | float32 throughout, to compare numbers
torch.set_float32_matmul_precision("highest")  # 默认 | the default
torch.backends.cudnn.allow_tf32 = False  # 卷积等 | convolutions etc.
