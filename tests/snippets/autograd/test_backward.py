import gc
import re
import warnings
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.autograd import Function, grad, gradcheck, gradgradcheck
from torch.func import functional_call, hessian, jacfwd, jacrev, vjp, vmap

READER = {
    "backward_graph": "w = torch.ones(4, requires_grad=True)",
    "custom_function": """
class Swish(torch.autograd.Function):
    @staticmethod
    def forward(x, beta):
        return beta * x
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.beta = inputs[1]
    @staticmethod
    def backward(ctx, grad_output):
        return ctx.beta * grad_output, None
""",
    "functional_derivatives": "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))",
}
TWICE = "Trying to backward through the graph a second time"
INPLACE = "modified by an inplace operation"
NO_GRAD = "element 0 of tensors does not require grad and does not have a grad_fn"


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "loss.backward() adds gradients to the .grad of leaves that require grad",
    "torch.autograd.grad returns gradients and leaves .grad alone",
)
def test_backward_graph(run):
    names = run("autograd/backward/backward_graph.py")
    w, h, x = names["w"], names["h"], names["x"]
    assert torch.equal(h.grad, 2 * h) and torch.equal(w.grad, 2 * h * x)
    assert torch.equal(names["grad"], w.grad) and x.grad is None
    before = w.grad.clone()
    (w * x).square().sum().backward()
    assert torch.equal(w.grad, 2 * before)
    frozen = torch.ones(2)
    (w * frozen).sum().backward()
    assert frozen.grad is None


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "For an intermediate result, call retain_grad() before",
)
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_backward_graph_retain_grad_comes_first():
    w = torch.ones(2, requires_grad=True)
    for early in (True, False):
        h = w * 2
        if early:
            h.retain_grad()
        h.square().sum().backward()
        if not early:
            h.retain_grad()
        assert (h.grad is not None) == early


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "detach() it for one of them. After a step(), run the forward pass again for the other",
)
def test_backward_graph_shared(run):
    names = run("autograd/backward/backward_graph_shared.py")
    assert all(p.grad is not None for p in names["gen"].parameters())
    # what the generator got is the gradient at the discriminator's new weights
    gen, disc, fake = names["gen"], names["disc"], names["fake"]
    assert fake.requires_grad
    with pytest.raises(RuntimeError, match=TWICE):
        F.softplus(-disc(fake)).mean().backward()
    assert names["loss"].grad_fn is not None and gen[0].weight.grad.any()


@pytest.mark.parametrize("fused", [False, True])
def test_backward_graph_shared_score_is_stale(fused):
    # the score of before the step, used for the generator too
    torch.manual_seed(0)
    gen, disc = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    step = optim.SGD(disc.parameters(), lr=0.5, fused=fused).step
    fake = gen(torch.randn(8, 2))
    score = disc(fake).mean()
    score.backward(retain_graph=True)
    step()
    if not fused:
        with pytest.raises(RuntimeError, match=INPLACE):
            (-score).backward()
    else:
        got = grad(-score, fake)[0]
        assert not torch.allclose(got, grad(-disc(fake).mean(), fake)[0])


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "Trying to backward through the graph a second time",
    "Compute it in the loop, or detach() it",
    "For two losses over one graph, call (loss_a + loss_b).backward()",
)
def test_backward_graph_second_time():
    trunk, a, b = nn.Linear(3, 4), nn.Linear(4, 1), nn.Linear(4, 1)
    x = torch.randn(5, 3)
    h = trunk(x).tanh()
    a(h).sum().backward()
    with pytest.raises(RuntimeError, match=TWICE):
        b(h).sum().backward()
    b(h.detach()).sum().backward()
    separate = [grad(head(trunk(x).tanh()).sum(), trunk.weight)[0] for head in (a, b)]
    trunk.zero_grad()
    h = trunk(x).tanh()
    (a(h).sum() + b(h).sum()).backward()
    torch.testing.assert_close(trunk.weight.grad, sum(separate))
    # a term of the loss from outside the loop
    w = torch.ones(3, requires_grad=True)
    penalty = w.square().sum()
    (w.sum() + penalty).backward()
    with pytest.raises(RuntimeError, match=TWICE):
        (w.sum() + penalty).backward()


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "grad can be implicitly created only for scalar outputs",
    "reduce the loss with mean() or sum()",
)
def test_backward_graph_scalar():
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        (w * 2).backward()
    (w * 2)[:1].backward()  # one element is enough
    (w * 2).mean().backward()
    (w * 2).sum().backward()


CUTS = {
    "detach": lambda x: x.detach().sum(),
    "item": lambda x: torch.tensor(x.sum().item()),
    "argmax": lambda x: x.argmax().float(),
    "comparison": lambda x: (x > 0).float().sum(),
    "new tensor": lambda x: torch.tensor([v.item() for v in x]).sum(),
    "no_grad": torch.no_grad()(lambda x: x.sum()),
    "frozen": lambda x: nn.Linear(3, 1).requires_grad_(False)(x.detach()).sum(),
}


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "element 0 of tensors does not require grad and does not have a grad_fn",
    "or everything is frozen",
)
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_backward_graph_is_cut(cut):
    x = torch.randn(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=NO_GRAD):
        cut(x).backward()


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    ".grad is None before the first backward(), after zero_grad(), for a tensor that the loss does "
    "not depend on, and for one that is not a leaf, such as "
    "torch.randn(3, requires_grad=True) * 0.1",
)
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_backward_graph_grad_is_none():
    model, other = nn.Linear(3, 1), torch.ones(1, requires_grad=True)
    assert model.weight.grad is None
    model(torch.ones(1, 3)).sum().backward()
    assert model.weight.grad is not None and other.grad is None
    model.zero_grad()
    assert model.weight.grad is None
    x = torch.randn(3, requires_grad=True) * 0.1
    x.sum().backward()
    assert not x.is_leaf and x.grad is None


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "A tensor on which the result does not depend makes torch.autograd.grad raise "
    "appears to not have been used in the graph: pass allow_unused=True, and its gradient is None",
    "For the gradient of a gradient, as in a gradient penalty, pass create_graph=True",
)
def test_backward_graph_grad_options():
    w, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        grad(w.sum(), [w, other])
    assert grad(w.sum(), [w, other], allow_unused=True)[1] is None
    (first,) = grad(w.pow(3).sum(), w, create_graph=True)
    assert torch.equal(grad(first.sum(), w)[0], 6 * w)
    (first,) = grad(w.pow(3).sum(), w)
    with pytest.raises(RuntimeError, match=NO_GRAD):
        first.sum().backward()


def second_pass(make, layers=2):
    """Gradients of a second pass after a step, and those of the weights of then and of now."""
    torch.manual_seed(0)
    model = nn.Sequential(*[nn.Linear(2, 2) for _ in range(layers)])
    optimizer = make(model.parameters())
    x = torch.randn(4, 2)
    loss = model(x).square().sum()
    then = grad(loss, list(model.parameters()), retain_graph=True)
    loss.backward(retain_graph=True)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    now = grad(model(x).square().sum(), list(model.parameters()))
    return [p.grad for p in model.parameters()], then, now


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "It keeps the saved tensors for a second pass through the same graph",
    "If optimizer.step() comes in between and a changed weight had been saved, backward raises "
    "modified by an inplace operation",
)
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
@pytest.mark.parametrize("foreach", [False, True])
def test_backward_graph_retain_graph(optimizer, foreach):
    def make(params):
        return optimizer(params, lr=0.5, foreach=foreach)

    with pytest.raises(RuntimeError, match=INPLACE):
        second_pass(make)
    # one layer saves its input, not its weight: nothing to notice, nothing wrong
    got, then, _ = second_pass(make, layers=1)
    torch.testing.assert_close(got, list(then))


@pytest.mark.claim(
    "autograd/backward#backward-graph",
    "With fused=True, a step goes unnoticed: there is no error, and the gradients are wrong",
)
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW, optim.Adagrad])
def test_backward_graph_fused_is_silent(optimizer):
    got, then, now = second_pass(lambda p: optimizer(p, lr=0.5, fused=True))
    for right in (then, now):
        assert not all(map(torch.allclose, got, right))


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "return one gradient per input of forward, and check it with gradcheck",
)
def test_custom_function(run):
    names = run("autograd/backward/custom_function.py")
    swish = names["Swish"].apply
    for dtype in (torch.float64, torch.float32):
        x = torch.linspace(-4, 4, 9, dtype=dtype, requires_grad=True)
        torch.testing.assert_close(swish(x, 1.0), F.silu(x))
        torch.testing.assert_close(grad(swish(x, 1.0).sum(), x), grad(F.silu(x).sum(), x))
    assert gradcheck(swish, (names["x"], 0.7)) and gradgradcheck(swish, (names["x"], 0.7))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        swish(x, 1.0)
    assert len(kept) == 1 and kept[0].data_ptr() == x.data_ptr()
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        gradcheck(Wrong.apply, (names["x"],))


class Wrong(Function):
    @staticmethod
    def forward(x):
        return x.square()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * ctx.saved_tensors[0]


class Square(Wrong):
    @staticmethod
    def backward(ctx, grad_output):
        return 2 * grad_output * ctx.saved_tensors[0]


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "To let gradients pass an operation whose gradient is 0, such as rounding, no class is needed",
)
def test_custom_function_straight_through(run):
    names = run("autograd/backward/custom_function_straight_through.py")
    assert torch.equal(names["y"], names["x"].round()) and names["x"].grad.eq(1).all()
    x = torch.randn(1000, requires_grad=True)
    assert not grad(x.round().sum(), x)[0].any()
    for hard in (x.round(), x.sign(), (x > 0).float()):
        y = x + (hard - x).detach()
        torch.testing.assert_close(y, hard)
        assert grad(y.sum(), x)[0].eq(1).all()


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "gradcheck needs float64: in float32 it warns and mostly fails, even if the formula is right",
    "Keep inputs away from kinks, such as 0 of ReLU",
)
def test_custom_function_gradcheck():
    x = torch.linspace(-3, 3, 8, dtype=torch.float64, requires_grad=True)
    assert gradcheck(Square.apply, (x,))
    with pytest.warns(UserWarning, match="is not a double precision floating point"):
        assert not gradcheck(
            Square.apply, (x.detach().float().requires_grad_(),), raise_exception=False
        )
    assert gradcheck(torch.relu, (x,))
    zero = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    assert not gradcheck(torch.relu, (zero,), raise_exception=False)


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "A backward that returns too few gradients raises returned an incorrect number of gradients: "
    "return one per input of forward, and None for an input without one",
)
def test_custom_function_number_of_gradients():
    def scale(gradients):
        class Scale(Function):
            @staticmethod
            def forward(x, factor):
                return x * factor

            @staticmethod
            def setup_context(ctx, inputs, output):
                pass

            @staticmethod
            def backward(ctx, grad_output):
                return gradients

        return Scale.apply(torch.ones(1, requires_grad=True), 2.0)

    one = torch.ones(1)
    with pytest.raises(RuntimeError, match="returned an incorrect number of gradients"):
        scale(one).backward()
    for enough in ((one, None), (one, None, None)):  # more are accepted if they are None
        scale(enough).backward()


class OnCtx(Square):
    @staticmethod
    def setup_context(ctx, inputs, output):
        (ctx.x,) = inputs

    @staticmethod
    def backward(ctx, grad_output):
        return 2 * grad_output * ctx.x


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "an in-place change afterward then raises, while with ctx.x the gradient is silently wrong",
)
def test_custom_function_save_for_backward():
    def gradient(function):
        w = torch.ones(2, requires_grad=True)
        x = w * 1
        y = function(x)
        x.mul_(10)
        y.sum().backward()
        return w.grad

    with pytest.raises(RuntimeError, match=INPLACE):
        gradient(Square.apply)
    assert gradient(OnCtx.apply).tolist() == [20, 20]  # instead of 2


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "An output kept on ctx also forms a cycle that holds memory until garbage collection",
)
@pytest.mark.parametrize("on_ctx", [True, False])
def test_custom_function_output_on_ctx(on_ctx):
    class Exp(Square):
        @staticmethod
        def forward(x):
            return x.exp()

        @staticmethod
        def setup_context(ctx, inputs, output):
            if on_ctx:
                ctx.y = output
            else:
                ctx.save_for_backward(output)

    gc.disable()
    y = Exp.apply(torch.ones(2, requires_grad=True))
    alive = weakref.ref(y)
    del y
    assert (alive() is not None) == on_ctx
    gc.collect()
    assert alive() is None


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "Do not save an intermediate of forward: first gradients are right, and second ones are "
    "silently wrong",
    "Check second ones with gradgradcheck",
)
def test_custom_function_intermediate():
    class Product(Function):
        @staticmethod
        def forward(ctx, x):
            e = x.exp()
            ctx.save_for_backward(x, e)
            return x * e

        @staticmethod
        def backward(ctx, grad_output):
            x, e = ctx.saved_tensors
            return grad_output * (e + x * e)

    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(Product.apply, (x,))
    assert not gradgradcheck(Product.apply, (x,), raise_exception=False)
    assert gradgradcheck(Square.apply, (x,))


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "For torch.func, setup_context is needed, and vmap also asks for generate_vmap_rule = True",
)
def test_custom_function_with_torch_func():
    class Combined(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad_output):
            return grad_output * 2

    class Mapped(Square):
        generate_vmap_rule = True

    def gradient(function):
        return torch.func.grad(lambda x: function(x).sum())

    x = torch.ones(3)
    with pytest.raises(RuntimeError, match="must override the setup_context staticmethod"):
        gradient(Combined.apply)(x)
    assert torch.equal(gradient(Square.apply)(x), 2 * x)
    with pytest.raises(RuntimeError, match="generate_vmap_rule=True"):
        vmap(gradient(Square.apply))(x[:, None])
    assert torch.equal(vmap(gradient(Mapped.apply))(x[:, None]), 2 * x[:, None])


@pytest.mark.claim(
    "autograd/backward#custom-function",
    "Under autocast, inputs of forward are not cast, "
    "and backward, if called outside as usual, runs without autocast",
    "they do not work with setup_context",
)
def test_custom_function_autocast():
    seen = []
    on_forward = torch.amp.custom_fwd(device_type="cpu")
    on_backward = torch.amp.custom_bwd(device_type="cpu")

    class Plain(Square):
        @staticmethod
        def forward(x):
            seen.append(x.dtype)
            return x.square()

        @staticmethod
        def backward(ctx, grad_output):
            seen.append(torch.is_autocast_enabled("cpu"))
            return grad_output

    class Combined(Function):
        @staticmethod
        @on_forward
        def forward(ctx, x):
            return x.square()

        @staticmethod
        @on_backward
        def backward(ctx, grad_output):
            seen.append(torch.is_autocast_enabled("cpu"))
            return grad_output

    class Separate(Square):
        forward = staticmethod(on_forward(lambda x: x.square()))
        backward = staticmethod(on_backward(Square.backward))

    def use(function):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = function.apply(torch.ones(2, requires_grad=True))
        y.sum().backward()

    use(Plain)
    use(Combined)
    assert seen == [torch.float32, False, True]
    with torch.autocast("cpu", dtype=torch.bfloat16):  # called inside
        Plain.apply(torch.ones(2, requires_grad=True)).sum().backward()
    assert seen[3:] == [torch.float32, True]
    with pytest.raises(AttributeError, match="_fwd_used_autocast"):
        use(Separate)


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "Here their mean over the batch is what backward() gives for the mean loss",
    "functional_call runs the model with the parameters given",
)
def test_functional_derivatives(run):
    names = run("autograd/backward/functional_derivatives.py")
    model, loss_fn, x, y, grads = (names[k] for k in ("model", "loss_fn", "x", "y", "grads"))
    loss_fn(model(x), y).backward()
    for name, p in model.named_parameters():
        assert grads[name].shape == (len(x), *p.shape)
        torch.testing.assert_close(grads[name].mean(0), p.grad)
    for i in (0, 7):
        one = grad(loss_fn(model(x[i : i + 1]), y[i : i + 1]), model[0].weight)[0]
        torch.testing.assert_close(grads["0.weight"][i], one)
    assert not any(g.requires_grad for g in grads.values())
    # not with class weights: the mean is then a weighted one
    loss_fn.weight = torch.tensor([1.0, 5.0, 9.0])
    weighted = names["sample_grads"](names["params"], x, y)["2.bias"].mean(0)
    assert not torch.allclose(weighted, grad(loss_fn(model(x), y), model[2].bias)[0])


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "jacrev gives the Jacobian matrix, and that of a gradient is the Hessian",
    "jacrev(model)(x) on the whole batch gives (N, out, N, in): "
    "unless the model mixes samples, what links different ones is zero",
)
def test_functional_derivatives_jacobian(run):
    names = run("autograd/backward/functional_derivatives_jacobian.py")
    model, x, energy = names["model"], names["x"], names["energy"]
    whole = jacrev(model)(x)
    assert whole.shape == (16, 3, 16, 4)
    for i in range(16):
        torch.testing.assert_close(whole[i, :, i], names["jacobians"][i])
        assert not whole[i, :, torch.arange(16) != i].any()
        expected = torch.autograd.functional.hessian(energy, x[i])
        torch.testing.assert_close(names["hessians"][i], expected)
    mixed = jacrev(lambda x: x - x.mean(dim=0))(x)
    assert mixed[0, :, 1].any()


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "jacrev pays per output, jacfwd per input",
    "hessian is jacfwd of jacrev",
    "In torch 2.14, the first call of either warns about torch.jit.script",
    "For a Hessian-vector product, do not build the matrix: _, hvp = vjp(grad(f), x), then hvp(v)",
)
def test_functional_derivatives_forward_mode():
    def f(x):
        return (x[0] * x.tanh()).pow(3).sum()

    x, v = torch.randn(4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        matrix = hessian(f)(x)
    if torch.__version__.startswith("2.14"):
        assert [w for w in found if "`torch.jit.script` is deprecated" in str(w.message)]
        assert {w.category for w in found} == {FutureWarning}
    torch.testing.assert_close(matrix, jacfwd(jacrev(f))(x))
    torch.testing.assert_close(matrix, jacrev(torch.func.grad(f))(x))
    _, hvp = vjp(torch.func.grad(f), x)
    torch.testing.assert_close(hvp(v)[0], matrix @ v)
    calls = []

    def counted(x):  # vmap calls f once: count the basis vectors by its batch size instead
        calls.append(x.shape)
        return torch.stack([x.sum(), x.prod()])

    assert jacrev(counted)(x).shape == jacfwd(counted)(x).shape == (2, 4)
    assert jacrev(counted, chunk_size=1)(x).shape == (2, 4)


def mapped(model, x, **how):
    params = {k: p.detach() for k, p in model.named_parameters()}

    def total(params, x):
        return functional_call(model, params, (x[None],)).sum()

    return vmap(torch.func.grad(total), in_dims=(None, 0), **how)(params, x)


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "BatchNorm with running statistics raises in training mode",
    "call eval(), or use GroupNorm",
    "Under vmap, dropout raises called random operation while in randomness error mode: "
    'pass it randomness="different"',
)
def test_functional_derivatives_layers():
    x = torch.randn(6, 4, 2)
    model = nn.Sequential(nn.Conv1d(4, 4, 1), nn.BatchNorm1d(4))
    with pytest.raises(RuntimeError, match="would mutate a captured Tensor"):
        mapped(model, x)
    mapped(model.eval(), x)
    mapped(nn.Sequential(nn.Conv1d(4, 4, 1), nn.GroupNorm(2, 4)), x)
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5))
    message = "called random operation while in randomness error mode"
    with pytest.raises(RuntimeError, match=message):
        mapped(model, x)
    different, same = (
        mapped(model, torch.ones(64, 8, 2), randomness=r)["0.bias"] for r in ("different", "same")
    )
    assert len(different.unique(dim=0)) > 1 and len(same.unique(dim=0)) == 1
    mapped(model.eval(), x)


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "On a tensor that is mapped over, .item(), if x.sum() > 0, and x[x > 0] raise",
    "Replace if by torch.where",
)
def test_functional_derivatives_values():
    x = torch.randn(5, 3)
    for function in (
        lambda a: a.sum().item(),
        lambda a: a if a.sum() > 0 else -a,
        lambda a: a[a > 0],
    ):
        with pytest.raises(RuntimeError, match="vmap"):
            vmap(function)(x)
    right = torch.stack([a if a.sum() > 0 else -a for a in x])
    assert torch.equal(vmap(lambda a: torch.where(a.sum() > 0, a, -a))(x), right)
    mask = torch.tensor([True, False, True])  # not mapped over: allowed
    assert vmap(lambda a: a * 2 if mask.any() else a)(x).shape == (5, 3)
    assert vmap(lambda a: a[mask])(x).shape == (5, 2)


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "All gradients together take N times the memory of the parameters",
    "vmap(…, chunk_size=64) computes 64 samples at a time, and still keeps all results",
)
def test_functional_derivatives_chunks():
    model, x = nn.Linear(4, 3), torch.randn(10, 4)
    passes = []
    model.register_forward_pre_hook(lambda module, args: passes.append(args))
    whole, parts = mapped(model, x), mapped(model, x, chunk_size=4)
    assert len(passes) == 1 + 3  # all at once, then 4, 4 and 2
    for name, p in model.named_parameters():
        torch.testing.assert_close(whole[name], parts[name])
        assert parts[name].nbytes == 10 * p.nbytes


@pytest.mark.claim(
    "autograd/backward#functional-derivatives",
    "functional_call ignores a misspelled name and takes the model's own tensor",
    "With strict=True it raises, and then wants every parameter and buffer",
)
def test_functional_derivatives_functional_call():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    x, zero = torch.randn(3, 2), {"0.wieght": torch.zeros(2, 2)}
    torch.testing.assert_close(functional_call(model, zero, (x,)), model(x))
    for given in (zero, dict(model.named_parameters())):
        with pytest.raises(RuntimeError, match=re.compile("Missing key|Unexpected key")):
            functional_call(model, given, (x,), strict=True)
    everything = dict(model.named_parameters()) | dict(model.named_buffers())
    functional_call(model, everything, (x,), strict=True)
