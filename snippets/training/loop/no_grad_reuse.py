import torch

w = torch.ones(2, requires_grad=True)

with torch.no_grad():
    a = w * 10

with torch.inference_mode():
    b = w * 10

(w * a).sum().backward()  # a 是常数 | a is a constant
print(w.grad.tolist())
#> [10.0, 10.0]

try:
    w * b
except RuntimeError as e:
    print(str(e).partition(".")[0])
    #> Inference tensors cannot be saved for backward
c = w * b.clone()  # 先复制 | copy first

# 手动更新参数 | update a parameter by hand
with torch.no_grad():
    w -= 0.1 * w.grad
print(w.tolist(), w.requires_grad)
#> [0.0, 0.0] True
