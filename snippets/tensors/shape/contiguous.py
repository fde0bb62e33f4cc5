import torch

x = torch.arange(6).reshape(2, 3)
t = x.T

#[
print(t.stride(), t.is_contiguous())
#> (1, 3) False
packed = t.contiguous()  # 逐行重排，得到副本 | a copy, row by row
print(packed.stride(), packed.is_contiguous())
#> (2, 1) True
#]
