import torch

# 1 处的间距、最大值、连续整数的上限 | gap at 1, maximum, end of the whole numbers
for name in ("float64", "float32", "float16", "bfloat16"):
    info = torch.finfo(getattr(torch, name))
    print(f"{name} {info.eps:.1e} {info.max:.5g} {int(2 / info.eps)}")
    #> float64 2.2e-16 1.7977e+308 9007199254740992
    #> float32 1.2e-07 3.4028e+38 16777216
    #> float16 9.8e-04 65504 2048
    #> bfloat16 7.8e-03 3.3895e+38 256
