import torch


def clip(x):
    if x.norm() > 1:  # 依赖数值：图在此中断 | on a value: the graph breaks
        x = x / x.norm()
    return x


# "eager" 只检查，不生成代码 | "eager" checks alone, generates no code
check = torch.compile(clip, fullgraph=True, backend="eager")
try:
    check(torch.randn(8))
except RuntimeError:  # 指出行号 | it names the line
    print("graph break")
    #> graph break


# 改写：没有 if，一张图 | rewritten: no if, one graph
def clip_by_where(x):
    return torch.where(x.norm() > 1, x / x.norm(), x)
