import torch

a = torch.ones(2, 2, requires_grad=True)

b = a.clone()  # 新内存，仍在计算图中 | new memory, still in the graph
c = a.detach()  # 共享内存，不在计算图中 | shared memory, out of the graph
d = a.detach().clone()  # 新内存，不在计算图中 | new memory, out of the graph

for x in (b, c, d):
    print(x.data_ptr() == a.data_ptr(), x.requires_grad)
    #> False True
    #> True False
    #> False False
