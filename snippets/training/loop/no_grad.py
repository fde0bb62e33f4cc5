import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)

with torch.no_grad():
    a = w * 10
with torch.inference_mode():
    b = w * 10
print(a.requires_grad, b.requires_grad, b.is_inference())
#> False False True

# no_grad 的结果可以当作常数参与求导 | a result of no_grad can enter autograd as a constant
(w * a).sum().backward()
print(w.grad.tolist())
#> [10.0, 20.0]

# inference_mode 的结果要先 clone() | a result of inference_mode needs clone() first
try:
    w * b
except RuntimeError as e:
    print(str(e).partition(".")[0])
    #> Inference tensors cannot be saved for backward
product = w * b.clone()

# 手动更新参数：叶子张量只能在 no_grad 中原地修改 | manual update: a leaf changes in place only under no_grad
with torch.no_grad():
    w -= 0.1 * w.grad
print(w.tolist(), w.requires_grad)
#> [0.0, 0.0] True
