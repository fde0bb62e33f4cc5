import torch

a, b = torch.rand(2, 3), torch.rand(3, 4)
x, y = torch.rand(8, 5), torch.rand(8, 5)
u, v = torch.rand(3), torch.rand(4)
batch, square, weight = (
    torch.rand(8, 2, 3),
    torch.rand(3, 3),
    torch.rand(6, 3),
)
q, k = torch.rand(8, 4, 10, 16), torch.rand(8, 4, 12, 16)

#[
ab = torch.einsum("ij,jk->ik", a, b)  # a @ b
gram = torch.einsum("nij,nkj->nik", batch, batch)  # batch @ batch.mT
dots = torch.einsum("nd,nd->n", x, y)  # 逐行点积 | row by row
outer = torch.einsum("i,j->ij", u, v)  # 外积 | outer product
trace = torch.einsum("ii->", square)  # 迹；"ii->i" 取对角线 | "ii->i": diagonal
scores = torch.einsum("nhqd,nhkd->nhqk", q, k)  # 注意力 | attention
out = torch.einsum("...d,od->...o", batch, weight)  # F.linear
#]
print(ab.shape, gram.shape, dots.shape)
#> torch.Size([2, 4]) torch.Size([8, 2, 2]) torch.Size([8])
print(outer.shape, trace.shape)
#> torch.Size([3, 4]) torch.Size([])
print(scores.shape, out.shape)
#> torch.Size([8, 4, 10, 12]) torch.Size([8, 2, 6])
