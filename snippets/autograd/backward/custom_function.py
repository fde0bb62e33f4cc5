import torch


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(x, beta):
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.beta = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(ctx.beta * x)
        grad_x = grad_output * (s + ctx.beta * x * s * (1 - s))
        return grad_x, None  # 每个输入一个 | one for each input


#[
x = torch.randn(8, dtype=torch.float64, requires_grad=True)
y = Swish.apply(x, 1.5)  # 用 apply 调用 | call it by apply
# 与数值梯度比较 | compare with numerical gradients
print(torch.autograd.gradcheck(Swish.apply, (x, 1.5)))
#> True
#]
