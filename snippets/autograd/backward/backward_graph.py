import torch

x = torch.tensor([1.0, 2.0])
w = torch.tensor([3.0, 4.0], requires_grad=True)  # 叶子 | a leaf

#[
h = w * x  # 中间结果：不是叶子 | an intermediate: not a leaf
h.retain_grad()  # 要看 h.grad，先声明 | to see h.grad, ask first
loss = h.square().sum()
loss.backward()  # 累加进 .grad，释放计算图 | adds to .grad, frees the graph
#]
print(w.grad, h.grad)
#> tensor([ 6., 32.]) tensor([ 6., 16.])

#[
# 只要梯度，不写 .grad | the gradient alone, .grad is left as it is
loss = (w * x).square().sum()
(grad,) = torch.autograd.grad(loss, [w])
#]
print(grad, w.is_leaf, h.is_leaf)
#> tensor([ 6., 32.]) True False
