import torch

x = torch.tensor([1.9, -1.9, 2.5, -0.7])
pixels = torch.tensor([0, 51, 255], dtype=torch.uint8)

#[
doubles = x.to(torch.float64)
halves = x.to(torch.bfloat16)
integers = x.to(torch.int64)  # 向零截断 | toward zero
nearest = x.round().to(torch.int64)  # 正中取偶数 | ties go to even
image = pixels.to(torch.float32) / 255
#]
print(integers.tolist(), nearest.tolist())
#> [1, -1, 2, 0] [2, -2, 2, -1]
print(image)
#> tensor([0.0000, 0.2000, 1.0000])
