import torch

out = torch.randn(64, 1000)

view = out[:, 0]  # 视图：整个 out 都留在内存 | a view: all of out stays
copy = out[:, 0].clone()  # 只留这一列 | this column alone

for kept in (view, copy):
    print(kept.untyped_storage().nbytes())
    #> 256000
    #> 256
