import contextlib
import copy
import io
from collections import OrderedDict
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

READER = {
    "module_list": "self, dim, depth = nn.Module(), 4, 2",
    "custom_layer": "self, dim, out, bias, factory = nn.Module(), 4, 3, True, {}",
    "layer_shapes": """
tokens, x = torch.randint(100, (2, 7)), torch.randn(2, 7, 16)
images = torch.rand(2, 3, 32, 32)
""",
}


@pytest.mark.claim(
    "models/build#module-list",
    "registers a list of layers and keeps their order",
    "A comprehension creates a new one each time",
)
def test_module_list(run):
    names = run("models/build/module_list.py")
    model = names["model"]
    layers = model.layers
    assert isinstance(layers, nn.ModuleList) and len(layers) == 3
    assert list(layers.state_dict()) == [f"{i}.{n}" for i in range(3) for n in ("weight", "bias")]
    assert len({id(p) for p in model.parameters()}) == 6  # independent layers
    assert len({p.data_ptr() for p in model.parameters()}) == 6
    x = torch.randn(2, 8)
    expected = x
    for i in range(3):
        expected = expected + F.relu(F.linear(expected, layers[i].weight, layers[i].bias))
    assert torch.equal(model(x), expected)
    assert names["ResidualMLP"](4, 0)(x) is x  # no layers at all


@pytest.mark.claim(
    "models/build#module-list",
    "A ModuleList has no forward: calling it raises NotImplementedError",
)
def test_module_list_is_no_layer():
    for layers in ([], [nn.Linear(8, 8)]):
        with pytest.raises(NotImplementedError, match="ModuleList"):
            nn.ModuleList(layers)(torch.ones(1, 8))


@pytest.mark.claim(
    "models/build#module-list",
    "[layer] * 3 is one layer used three times, with shared weights",
)
def test_module_list_repeated_layer():
    repeated = nn.ModuleList([nn.Linear(8, 8)] * 3)
    assert len(repeated) == 3 and len(list(repeated.parameters())) == 2
    assert repeated[0] is repeated[2]
    with torch.no_grad():
        repeated[0].weight.zero_()
    assert not repeated[2].weight.any()


@pytest.mark.claim(
    "models/build#module-list",
    "It takes instances and has append, insert, extend, indexing, and slicing, "
    "but no remove or index",
    "To pick layers by name, use nn.ModuleDict",
)
def test_module_list_methods():
    a, b, c, d = (nn.Linear(1, 1) for _ in range(4))
    layers = nn.ModuleList([b])
    layers.append(c)
    layers.insert(0, a)
    layers.extend([d])
    assert list(layers) == [a, b, c, d] and layers[-1] is d
    assert isinstance(layers[1:], nn.ModuleList) and list(layers[1:3]) == [b, c]
    assert not hasattr(layers, "remove") and not hasattr(layers, "index")
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.ModuleList([nn.Linear])
    named = nn.ModuleDict({"first": a})
    assert named["first"] is a and list(named.state_dict()) == ["first.weight", "first.bias"]


@pytest.mark.claim(
    "models/build#module-list",
    "self.layers = [nn.Linear(8, 8) for _ in range(3)] raises no error",
    "parameters() and state_dict() do not contain these layers",
    "An optimizer built from model.parameters() does not update them, "
    "and to() and eval() do not reach them",
    "Wrap the list in nn.ModuleList(…)",
)
def test_module_list_against_a_plain_list():
    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(8, 8) for _ in range(3)]
            self.head = nn.Linear(8, 1)

    plain = Plain()
    assert list(plain.state_dict()) == ["head.weight", "head.bias"]
    assert len(list(plain.parameters())) == 2
    plain.to("meta").eval()
    assert plain.head.weight.is_meta and not plain.head.training
    for layer in plain.layers:
        assert layer.weight.is_cpu and layer.training
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    held = optimizer.param_groups[0]["params"]
    assert not any(layer.weight is p for layer in plain.layers for p in held)
    wrapped = nn.ModuleList(plain.layers).to("meta").eval()
    assert all(p.is_meta for p in wrapped.parameters()) and not wrapped[0].training


@pytest.mark.claim(
    "models/build#sequential",
    "calls its layers one after the other, without a forward of your own",
)
def test_sequential(run):
    names = run("models/build/sequential.py")
    model, images, conv = names["model"], names["images"], names["conv"]
    assert conv is model[0] and isinstance(conv, nn.Conv2d) and conv.bias is not None
    # "a slice is one too", of the same layers
    assert type(model[:-1]) is nn.Sequential and list(model[:-1]) == list(model)[:-1]
    expected = F.relu(conv(images)).mean(dim=(2, 3))
    torch.testing.assert_close(names["features"], expected)
    # "replace the last layer"
    assert len(model) == 5 and model[4].out_features == 5
    torch.testing.assert_close(model(images), model[4](expected))
    copy.deepcopy(model)  # works after a forward pass


@pytest.mark.claim("models/build#sequential", "Names can be read as attributes")
def test_sequential_names(run):
    names = run("models/build/sequential_names.py")
    model, conv_block = names["model"], names["conv_block"]
    assert list(dict(model.named_children())) == ["stem", "body", "pool", "flatten", "head"]
    assert model.head is model[-1] and model.body[2] is model[1][2]
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 10)
    # Every call of the function makes layers of its own.
    assert len({id(p) for p in model.parameters()}) == 4 * 3 + 2
    conv, norm, act = conv_block(3, 5)
    assert conv.bias is None and norm.num_features == 5 and isinstance(act, nn.ReLU)
    assert conv_block(3, 5)(torch.rand(1, 3, 7, 9)).shape == (1, 5, 7, 9)


@pytest.mark.claim(
    "models/build#sequential",
    "The output of one layer is the only input of the next",
    "The output of nn.LSTM is a tuple, which nn.Linear rejects with TypeError",
)
def test_sequential_passes_one_value():
    model = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(TypeError, match="positional argument"):
        model(torch.ones(1, 2), torch.ones(1, 2))
    with pytest.raises(TypeError, match="not tuple"):
        nn.Sequential(nn.LSTM(2, 3), nn.Linear(3, 1))(torch.ones(5, 2))


@pytest.mark.claim(
    "models/build#sequential",
    "Sizes are compared by the call, not by the constructor. Two nn.Linear that do not fit raise "
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied",
)
@pytest.mark.parametrize("shape", [(2,), (1, 2), (0, 2), (3, 5, 2)], ids=str)
def test_sequential_sizes_are_checked_by_the_call(shape):
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1))
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        model(torch.ones(shape))


@pytest.mark.claim(
    "models/build#sequential",
    "several nn.Linear in a row compute no more than one could",
)
def test_sequential_linear_layers_amount_to_one():
    deep = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(2, 3)).double()
    a, b, c = deep
    one = nn.Linear(4, 3).double()
    with torch.no_grad():
        one.weight.copy_(c.weight @ b.weight @ a.weight)
        one.bias.copy_(c.weight @ (b.weight @ a.bias + b.bias) + c.bias)
    x = torch.randn(5, 4, dtype=torch.float64)
    torch.testing.assert_close(deep(x), one(x))
    with_relu = nn.Sequential(a, nn.ReLU(), b)
    assert not torch.allclose(with_relu(x) + with_relu(-x), 2 * with_relu(torch.zeros_like(x)))


@pytest.mark.claim(
    "models/build#sequential",
    "Unnamed layers are named by their index",
    "Inserting one shifts the state_dict() keys of the layers behind it, "
    "and a checkpoint saved before no longer matches them",
)
def test_sequential_names_and_inserted_layers():
    def by_index(*extra):
        return nn.Sequential(nn.Linear(2, 2), *extra, nn.Linear(2, 3))

    def by_name(*extra):
        return nn.Sequential(
            OrderedDict([("stem", nn.Linear(2, 2)), *extra, ("head", nn.Linear(2, 3))])
        )

    saved, longer = by_index().state_dict(), by_index(nn.ReLU())
    assert list(saved)[2:] == ["1.weight", "1.bias"]
    assert list(longer.state_dict())[2:] == ["2.weight", "2.bias"]
    assert list(longer.state_dict())[:2] == list(saved)[:2]  # those before it keep their keys
    with pytest.raises(RuntimeError, match="Missing key"):
        longer.load_state_dict(saved)
    inserted = by_index()
    inserted.insert(1, nn.ReLU())
    assert list(inserted.state_dict()) == list(longer.state_dict())
    by_name(("act", nn.ReLU())).load_state_dict(by_name().state_dict())


@pytest.mark.claim(
    "models/build#sequential",
    "self.x = self.layers(x) followed by return x gives the input back, "
    "and nothing that is computed from it trains the layers",
)
def test_sequential_that_returns_its_input():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))

        def forward(self, x):
            self.x = self.layers(x)
            return x

    model, x = Net(), torch.ones(2, 4)
    assert model(x) is x
    with pytest.raises(RuntimeError, match="does not require grad"):
        model(x).sum().backward()
    x.requires_grad_()
    model(x).sum().backward()
    assert x.grad is not None and all(p.grad is None for p in model.parameters())


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "Register a forward hook on the layer, call the model, and remove the hook",
    "clone() matters where an in-place layer follows",
)
def test_collect_intermediate(run):
    names = run("models/build/collect_intermediate.py")
    model, x, features = names["model"], names["x"], names["features"]
    assert list(features) == ["0"] and model[1].inplace
    assert not features["0"].requires_grad
    # What the layer gave, before the in-place ReLU.
    assert torch.equal(features["0"], model[0](x)) and (features["0"] < 0).any()
    # "leaving the with removes the hook"
    assert not any(module._forward_hooks for module in model.modules())
    features.clear()
    model(x)
    assert not features


def test_collect_intermediate_removes_the_hook_after_an_error(run):
    names = run("models/build/collect_intermediate.py")
    model, layer, save = names["model"], names["layer"], names["save"]
    with contextlib.suppress(RuntimeError), layer.register_forward_hook(partial(save, "0")):
        model(torch.ones(2, 7))
    assert not layer._forward_hooks


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "register partial(save, name) on each one",
    "handle = layer.register_forward_hook(…) keeps a hook until handle.remove()",
    "A layer that runs several times leaves its last output",
)
def test_collect_intermediate_of_several_layers(run):
    names = run("models/build/collect_intermediate.py")
    model, x, features, save = (names[k] for k in ("model", "x", "features", "save"))
    features.clear()
    handles = [
        layer.register_forward_hook(partial(save, name)) for name, layer in model.named_children()
    ]
    y = model(x)
    assert list(features) == ["0", "1", "2"] and torch.equal(features["2"], y)
    model(x + 1)
    assert torch.equal(features["0"], model[0](x + 1))
    for handle in handles:
        handle.remove()
    features.clear()
    model(x)
    assert not features

    layer = nn.Linear(4, 4)
    with layer.register_forward_hook(partial(save, "layer")):
        y = nn.Sequential(layer, nn.Tanh(), layer)(x)
    assert torch.equal(features["layer"], y)


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "without it the saved output is overwritten",
    "To backpropagate through the output, leave out detach()",
)
def test_collect_intermediate_without_clone_or_detach():
    model, features = nn.Sequential(nn.Linear(10, 20), nn.ReLU(inplace=True)), {}
    model[0].register_forward_hook(lambda m, args, output: features.update(a=output.detach()))
    model[0].register_forward_hook(lambda m, args, output: features.update(b=output.clone()))
    model(torch.randn(32, 10))
    assert (features["a"] >= 0).all() and (features["b"] < 0).any()
    features["b"].sum().backward()
    assert model[0].weight.grad is not None


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "from nn.LSTM or nn.MultiheadAttention, save output[0]",
)
@pytest.mark.parametrize("name", ["LSTM", "MultiheadAttention"])
def test_collect_intermediate_of_a_tuple(run, name):
    save = run("models/build/collect_intermediate.py")["save"]
    layer = nn.LSTM(4, 4) if name == "LSTM" else nn.MultiheadAttention(4, 2)
    x, found = torch.randn(3, 1, 4), []
    args = (x,) if name == "LSTM" else (x, x, x)
    with layer.register_forward_hook(lambda m, a, output: found.append(output[0].detach())):
        y, _ = layer(*args)
    assert torch.equal(found[0], y)
    with layer.register_forward_hook(partial(save, "0")), pytest.raises(AttributeError):
        layer(*args)


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "A hook runs when the layer is called. layer.forward(x) bypasses it, "
    "and so does nn.MultiheadAttention, "
    "which reads the weights of its out_proj without calling it",
)
def test_collect_intermediate_hooks_need_the_call():
    calls, layer = [], nn.Linear(3, 3)
    layer.register_forward_hook(lambda *args: calls.append(1))
    layer.forward(torch.ones(1, 3))
    assert calls == []
    layer(torch.ones(1, 3))
    assert calls == [1]

    attention, x = nn.MultiheadAttention(4, 2), torch.ones(3, 4)
    attention.out_proj.register_forward_hook(lambda *args: calls.append(2))
    attention(x, x, x)
    attention.eval()(x, x, x)
    with torch.no_grad():
        attention(x, x, x)
    assert calls == [1]


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "Under torch.compile, register the hook before the first call: "
    "one that is added later may not run",
)
@pytest.mark.parametrize("inner", [nn.Linear, type("Own", (nn.Linear,), {})], ids=["nn", "own"])
def test_collect_intermediate_under_compile(inner):
    calls, x = [], torch.ones(1, 3)

    def hook(*args):
        calls.append(1)

    model = nn.Sequential(inner(3, 3))
    compiled = torch.compile(model, backend="eager")
    compiled(x)
    with model[0].register_forward_hook(hook):
        compiled(x)
    assert calls == []

    torch.compiler.reset()
    model = nn.Sequential(inner(3, 3))
    with model[0].register_forward_hook(hook):
        compiled = torch.compile(model, backend="eager")
        compiled(x)
    assert calls == [1]  # in time: it runs


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "collect the outputs in a local list and return it",
)
def test_collect_intermediate_forward(run):
    names = run("models/build/collect_intermediate_forward.py")
    model, y, outputs = names["model"], names["y"], names["outputs"]
    assert y is outputs[-1] and all((o >= 0).all() for o in outputs)
    assert len(list(model.parameters())) == 6
    assert [o.shape[1] for o in outputs] == [8, 16, 3]
    # "local: new on every call"
    x = torch.randn(5, 4)
    again = model(x)[1]
    assert len(again) == 3 and again is not outputs
    assert torch.equal(again[0], model.layers[0](x).relu())
    assert torch.equal(again[1], model.layers[1](again[0]).relu())
    copy.deepcopy(model)


class Traced(nn.Linear):
    def __init__(self):
        super().__init__(3, 3)
        self.trace = []

    def forward(self, x):
        x = super().forward(x)
        self.trace.append(x)
        return x


@pytest.mark.claim(
    "models/build#collect-intermediate",
    "self.trace.append(x) grows with every forward pass, "
    "and trace[0] stays the output of the first batch",
    "After a pass with gradients, these tensors keep their graphs alive, "
    "and copy.deepcopy(model) raises RuntimeError",
)
def test_collect_intermediate_on_the_module():
    model = Traced()
    with torch.no_grad():
        first = model(torch.ones(1, 3))
    copy.deepcopy(model)  # no gradients, no error
    model(torch.zeros(1, 3))
    assert len(model.trace) == 2 and model.trace[0] is first
    assert model.trace[1].grad_fn is not None and not first.requires_grad
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(model)
    torch.save(model.state_dict(), io.BytesIO())  # what is saved does not contain them


@pytest.mark.claim(
    "models/build#functional-or-module",
    "Take an nn module for what has parameters or buffers, "
    "or differs between training and evaluation",
)
def test_functional_or_module(run):
    model = run("models/build/functional_or_module.py")["model"]
    x = torch.ones(64, 4)
    assert not model.training
    assert torch.equal(model(x), F.relu(model.linear(x)))
    assert not torch.equal(model.train()(x), F.relu(model.linear(x)))


@pytest.mark.claim(
    "models/build#functional-or-module",
    "print(model) does not show it, no hook can be registered on it, "
    "and nn.Sequential rejects it. Where you need that, use nn.ReLU()",
)
def test_functional_or_module_relu(run):
    model = run("models/build/functional_or_module.py")["model"]
    assert [name for name, _ in model.named_children()] == ["linear", "dropout"]
    assert "relu" not in str(model).lower() and "ReLU" in str(nn.Sequential(nn.ReLU()))
    assert not hasattr(F.relu, "register_forward_hook")
    assert hasattr(nn.ReLU(), "register_forward_hook")
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.Sequential(F.relu)


@pytest.mark.claim(
    "models/build#functional-or-module",
    "nn.PReLU has a parameter, and nn.RReLU has two modes",
    "F.batch_norm and F.rrelu default to False",
)
def test_functional_or_module_activations():
    x = -torch.ones(100)
    assert [p.numel() for p in nn.PReLU().parameters()] == [1]
    assert nn.RReLU()(x).unique().numel() > 1
    assert nn.RReLU().eval()(x).unique().numel() == F.rrelu(x).unique().numel() == 1
    rows, mean, var = torch.randn(8, 3), torch.ones(3), torch.ones(3)
    torch.testing.assert_close(F.batch_norm(rows, mean, var, eps=0), rows - 1)
    assert mean.eq(1).all()  # the statistics were used, not updated
    F.batch_norm(rows, mean, var, training=True)
    assert not mean.eq(1).any()


@pytest.mark.claim(
    "models/build#functional-or-module",
    "In forward, nn.Linear(4, 8)(x) has new random weights on every call, "
    "and nn.Dropout(0.5)(x) drops in evaluation mode too",
)
def test_functional_or_module_created_in_forward():
    class Net(nn.Module):
        def forward(self, x):
            return nn.Linear(4, 8)(x), nn.Dropout(0.5)(x)

    model, x = Net().eval(), torch.ones(64, 4)
    assert not list(model.parameters())
    assert not torch.equal(model(x)[0], model(x)[0])
    assert (model(x)[1] == 0).any()


@pytest.mark.claim(
    "models/build#functional-or-module",
    "F.scaled_dot_product_attention does not know the mode either: "
    "write dropout_p=0.1 if self.training else 0.0",
)
def test_functional_or_module_attention():
    class Attention(nn.Module):
        def __init__(self, wrong=False):
            super().__init__()
            self.wrong = wrong

        def forward(self, x):
            p = 0.1 if self.training or self.wrong else 0.0
            return F.scaled_dot_product_attention(x, x, x, dropout_p=p)

    x = torch.ones(1, 1, 64, 8)  # every average of ones is one, unless some are dropped
    assert not torch.allclose(Attention(wrong=True).eval()(x), x)
    torch.testing.assert_close(Attention().eval()(x), x)
    assert not torch.allclose(Attention().train()(x), x)


@pytest.mark.claim(
    "models/build#functional-or-module",
    "training defaults to True, so it goes on dropping after model.eval()",
    "Inside a module, write F.dropout(x, p=0.5, training=self.training) or use nn.Dropout",
)
def test_functional_or_module_dropout():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, p=0.5), F.dropout(x, p=0.5, training=self.training)

    model, ones = Net().eval(), torch.ones(1000)
    wrong, right = model(ones)
    assert (wrong == 0).any() and torch.equal(right, ones)
    assert (model.train()(ones)[1] == 0).any()
    assert torch.equal(nn.Dropout(0.5).eval()(ones), ones)


@pytest.mark.claim(
    "models/build#custom-layer",
    "Wrap what is trained in nn.Parameter, register other tensors as buffers, "
    "and fill them all in reset_parameters. Pass device and dtype on, as nn.Linear does",
)
def test_custom_layer(run):
    names = run("models/build/custom_layer.py")
    layer, x, kind = names["layer"], names["x"], names["CenteredLinear"]
    assert [n for n, _ in layer.named_parameters()] == ["weight", "bias"]
    assert [n for n, _ in layer.named_buffers()] == ["mean"]
    assert all(p.requires_grad for p in layer.parameters()) and not layer.mean.requires_grad
    layer.mean.copy_(x.mean(0))
    with torch.no_grad():
        layer.bias.fill_(2)
    torch.testing.assert_close(layer(x), (x - x.mean(0)) @ layer.weight.mT + 2)
    torch.testing.assert_close(layer(x).mean(0), torch.full((3,), 2.0))

    torch.use_deterministic_algorithms(True)  # fills what torch.empty gives with NaN
    new = kind(4, 3)
    torch.use_deterministic_algorithms(False)
    assert all(t.isfinite().all() for t in new.state_dict().values())

    layer.reset_parameters()  # everything is as new
    assert not layer.mean.any() and not layer.bias.any() and layer.weight.std() > 0.1

    bare = kind(4, 3, bias=False)
    assert bare.bias is None and list(bare.state_dict()) == ["weight", "mean"]
    assert str(bare) == "CenteredLinear(4, 3, bias=False)"
    assert bare(x).shape == (8, 3)

    for made in (kind, nn.Linear):
        meta = made(4, 3, device="meta", dtype=torch.float16)
        tensors = [*meta.parameters(), *meta.buffers()]
        assert all(t.is_meta and t.dtype == torch.float16 for t in tensors)
    layer.load_state_dict(kind(4, 3, dtype=torch.float64).state_dict())


@pytest.mark.claim(
    "models/build#custom-layer",
    'nn.Linear(4, 3, device="meta") has shapes but no values',
    "to_empty(device=device) allocates them uninitialized, "
    "so that reset_parameters() must fill buffers too",
)
def test_custom_layer_from_meta(run):
    kind = run("models/build/custom_layer.py")["CenteredLinear"]
    empty = nn.Linear(4, 3, device="meta")
    assert empty.weight.shape == (3, 4)
    for use in (lambda: empty.weight.tolist(), lambda: empty.to("cpu")):
        with pytest.raises(NotImplementedError, match="meta tensor"):
            use()
    with torch.device("meta"):
        layer = kind(4, 3)
    assert layer.mean.is_meta
    layer.to_empty(device="cpu")
    for t in (*layer.parameters(), *layer.buffers()):
        t.detach().fill_(torch.nan)  # whatever stood in the memory
    layer.reset_parameters()
    assert layer(torch.ones(2, 4)).isfinite().all()


@pytest.mark.claim(
    "models/build#custom-layer",
    "Which tensor is trained, saved, and moved depends on how it is registered",
    "persistent=False suits what can be recomputed",
    "A persistent buffer that is added later is missing from older checkpoints, and "
    "loading them raises RuntimeError",
)
def test_custom_layer_tensors(run):
    layer = run("models/build/custom_layer_tensors.py")["layer"]
    moved = {n for n, t in {**layer._parameters, **layer._buffers}.items() if t.is_floating_point()}
    assert moved == {"scale", "mean", "table"} and layer.scale.dtype == torch.float64
    assert [n for n, _ in layer.named_parameters()] == ["scale"]
    assert list(layer.state_dict()) == ["scale", "mean"] and hasattr(layer, "plain")

    old = layer.state_dict()
    layer.register_buffer("mask", torch.ones(4), persistent=False)
    layer.load_state_dict(old)
    layer.register_buffer("count", torch.tensor(0))
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: .count"):
        layer.load_state_dict(old)


@pytest.mark.claim(
    "models/build#custom-layer",
    "Assigning a layer, self.fc = nn.Linear(4, 3), before super().__init__() raises "
    "cannot assign module before Module.__init__() call",
)
def test_custom_layer_starts_with_init():
    class Late(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(4, 3)
            super().__init__()

    message = r"cannot assign module before Module.__init__\(\) call"
    with pytest.raises(AttributeError, match=message):
        Late()


@pytest.mark.claim(
    "models/build#custom-layer",
    "A list or a dict of parameters registers nothing: use nn.ParameterList or nn.ParameterDict",
    "nn.Parameter(torch.randn(4)) * 0.02 is a plain tensor and does not appear in parameters()",
    "nn.Parameter(torch.arange(4)) raises RuntimeError, "
    "Only Tensors of floating point and complex dtype can require gradients",
)
def test_custom_layer_parameters_that_are_none():
    def one():
        return nn.Parameter(torch.ones(2))

    module = nn.Module()
    module.rows, module.named = [one()], {"a": one()}
    module.scaled = nn.Parameter(torch.randn(4)) * 0.02
    assert not list(module.parameters()) and not module.state_dict()
    module.rows, module.named = nn.ParameterList([one()]), nn.ParameterDict({"a": one()})
    module.scaled = nn.Parameter(torch.randn(4) * 0.02)
    assert {n for n, _ in module.named_parameters()} == {"rows.0", "named.a", "scaled"}

    message = "Only Tensors of floating point and complex dtype can require gradients"
    with pytest.raises(RuntimeError, match=message):
        nn.Parameter(torch.arange(4))
    nn.Parameter(torch.ones(2, dtype=torch.complex64))


@pytest.mark.claim(
    "models/build#custom-layer",
    "model.bfloat16() converts floating-point buffers, but leaves integers alone",
    "With self.mean = torch.zeros(4), model.to(device) leaves the tensor on the CPU "
    "and the checkpoint lacks it",
    "References such as self.parts = [self.mean] stay behind as well",
)
def test_custom_layer_tensors_that_move():
    module = nn.Module()
    module.plain = torch.zeros(4)
    module.register_buffer("mean", torch.zeros(4))
    for name, dtype in {"index": torch.int64, "mask": torch.bool, "low": torch.float16}.items():
        module.register_buffer(name, torch.ones(4, dtype=dtype))
    module.parts, module.view = [module.mean], module.mean[:2]
    module.bfloat16()
    assert module.mean.dtype == module.low.dtype == torch.bfloat16
    assert module.index.dtype == torch.int64 and module.mask.dtype == torch.bool
    assert module.parts[0].dtype == module.view.dtype == torch.float32
    module.to("meta")
    assert module.mean.is_meta and module.plain.is_cpu and module.parts[0].is_cpu
    assert "plain" not in module.state_dict()


@pytest.mark.claim(
    "models/build#custom-layer",
    "Keep a running statistic out of the graph: self.mean.lerp_(x.detach().mean(0), 0.1). "
    "Without detach(), a second backward() may raise "
    "Trying to backward through the graph a second time",
)
def test_custom_layer_running_statistic():
    class Center(nn.Module):
        def __init__(self, detach):
            super().__init__()
            self.detach = detach
            self.scale = nn.Parameter(torch.ones(2))
            self.register_buffer("mean", torch.zeros(2))

        def forward(self, x):
            x = x * self.scale
            self.mean.lerp_((x.detach() if self.detach else x).mean(0), 0.1)
            return (x - self.mean).square().sum()

    right, wrong, x = Center(detach=True), Center(detach=False), torch.ones(3, 2)
    for _ in range(2):
        right(x).backward()
    torch.testing.assert_close(right.mean, torch.full((2,), 0.19))
    wrong(x).backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        wrong(x).backward()


@pytest.mark.claim(
    "models/build#layer-shapes",
    "Sequences go in as (N, L, C), which recurrent and attention layers take with "
    "batch_first=True, but into nn.Conv1d as (N, C, L); images go in as (N, C, H, W)",
)
def test_layer_shapes(run):
    names = run("models/build/layer_shapes.py")
    output, weights = names["output"], names["weights"]
    assert output.shape == (2, 7, 16) and weights.shape == (2, 7, 7)
    assert names["h"].shape == names["c"].shape == (1, 2, 32)
    with pytest.raises(RuntimeError, match="to have 16 channels, but got 7 channels"):
        nn.Conv1d(16, 8, 3)(names["x"])  # (N, L, C)


@pytest.mark.claim(
    "models/build#layer-shapes",
    "* stands for any dimensions, also none",
    "nn.Linear(C, D) | (*, C) | (*, D)",
    "nn.Embedding(V, C) | (*), integers below V | (*, C)",
    "nn.Conv1d(C, D, 3) | (N, C, L) | (N, D, L - 2)",
    "nn.Conv2d(C, D, 3) | (N, C, H, W) | (N, D, H - 2, W - 2)",
    "nn.ConvTranspose2d(C, D, 2, stride=2) | (N, C, H, W) | (N, D, 2H, 2W)",
    "nn.MaxPool2d(2) | (N, C, H, W) | (N, C, H // 2, W // 2)",
    "nn.BatchNorm1d(C) | (N, C) or (N, C, L) | as the input",
    "nn.LayerNorm(C) | (*, C) | as the input",
    "nn.LSTM(C, D, batch_first=True) | (N, L, C) | (N, L, D), h and c (1, N, D)",
    "(N, L, C), keys and values (N, S, C) | (N, L, C), weights (N, L, S)",
)
@pytest.mark.parametrize(("n", "c", "d", "length", "source"), [(2, 6, 4, 7, 5), (3, 2, 8, 4, 1)])
def test_layer_shapes_table(n, c, d, length, source):
    v, h, w = 10, 7, 12
    for some in ((), (n,), (n, length, 3), (0,)):
        assert nn.Linear(c, d)(torch.ones(*some, c)).shape == (*some, d)
        assert nn.LayerNorm(c)(torch.ones(*some, c)).shape == (*some, c)
        tokens = torch.full(some, v - 1)
        assert nn.Embedding(v, c)(tokens).shape == (*some, c)
    with pytest.raises(IndexError):
        nn.Embedding(v, c)(torch.tensor([v]))
    with pytest.raises(RuntimeError):
        nn.Embedding(v, c)(torch.ones(n))
    rows, sequence, images = torch.ones(n, c), torch.ones(n, c, length), torch.ones(n, c, h, w)
    assert nn.Conv1d(c, d, 3)(sequence).shape == (n, d, length - 2)
    assert nn.Conv2d(c, d, 3)(images).shape == (n, d, h - 2, w - 2)
    assert nn.ConvTranspose2d(c, d, 2, stride=2)(images).shape == (n, d, 2 * h, 2 * w)
    assert nn.MaxPool2d(2)(images).shape == (n, c, h // 2, w // 2)
    assert nn.BatchNorm1d(c)(rows).shape == rows.shape
    assert nn.BatchNorm1d(c)(sequence).shape == sequence.shape
    assert nn.BatchNorm2d(c)(images).shape == images.shape
    output, (hidden, cell) = nn.LSTM(c, d, batch_first=True)(sequence.mT)
    assert output.shape == (n, length, d) and hidden.shape == cell.shape == (1, n, d)
    attention = nn.MultiheadAttention(c, 2, batch_first=True)
    memory = torch.ones(n, source, c)
    output, weights = attention(sequence.mT, memory, memory)
    assert output.shape == (n, length, c) and weights.shape == (n, length, source)


@pytest.mark.claim(
    "models/build#layer-shapes",
    "The size after a convolution, for each of height and width",
    "The formula holds for pooling too. There, stride defaults to the kernel size, "
    'ceil_mode=True rounds up, and "same" is no choice',
)
def test_layer_shapes_formula(run):
    output_size = run("models/build/layer_shapes_formula.py")["output_size"]
    x = torch.zeros(1, 1, 11, 14)
    for kernel in (1, 2, 3, 5):
        for stride in (1, 2, 3):
            for padding in range(kernel // 2 + 1):
                for dilation in (1, 2):
                    args = (kernel, stride, padding, dilation)
                    expected = [output_size(n, *args) for n in (11, 14)]
                    for layer in (nn.Conv2d(1, 1, *args), nn.MaxPool2d(*args)):
                        assert list(layer(x).shape[2:]) == expected, (layer, args)
    assert nn.AvgPool2d(3)(x).shape[2:] == (output_size(11, 3, 3), output_size(14, 3, 3))
    even = torch.zeros(1, 1, 6, 6)
    assert nn.MaxPool2d(3, 2)(even).shape[-1] == output_size(6, 3, 2) == 2
    assert nn.MaxPool2d(3, 2, ceil_mode=True)(even).shape[-1] == 3
    with pytest.raises(TypeError, match="padding"):
        nn.MaxPool2d(3, padding="same")(even)


@pytest.mark.claim(
    "models/build#layer-shapes",
    'padding="same" keeps the size, for even kernels too, but a stride above 1 raises ValueError, '
    "padding='same' is not supported for strided convolutions: pass padding=kernel // 2",
    "With stride=2 and an odd kernel, padding=kernel // 2 halves the size, rounding up",
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_layer_shapes_formula_same():
    for kernel in range(1, 7):
        for dilation in (1, 2, 3):
            conv = nn.Conv1d(1, 1, kernel, padding="same", dilation=dilation)
            assert conv(torch.zeros(1, 1, 9)).shape[-1] == 9
    message = "padding='same' is not supported for strided convolutions"
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(3, 8, 3, stride=2, padding="same")
    for kernel in (1, 3, 5, 7):
        for size in range(1, 12):
            conv = nn.Conv1d(1, 1, kernel, stride=2, padding=kernel // 2)
            assert conv(torch.zeros(1, 1, size)).shape[-1] == -(-size // 2)


@pytest.mark.claim(
    "models/build#layer-shapes",
    "How many features reach the linear layer behind the convolutions: let a batch of zeros tell",
    "Behind a convolution without nn.Flatten(), it raises "
    "mat1 and mat2 shapes cannot be multiplied, "
    "or runs on each row of the image where the width happens to fit",
)
def test_layer_shapes_flatten(run):
    names = run("models/build/layer_shapes_flatten.py")
    assert names["features"] == 16 * 15 * 15
    assert names["model"](torch.rand(5, 3, 32, 32)).shape == (5, 10)
    conv, images = nn.Conv2d(3, 8, 3), torch.rand(1, 3, 32, 32)
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        nn.Sequential(conv, nn.Linear(8 * 30 * 30, 10))(images)
    rows = nn.Linear(30, 10)
    assert rows(conv(images)).shape == (1, 8, 30, 10)


@pytest.mark.claim(
    "models/build#layer-shapes",
    "Unless H happens to be C, images as (N, H, W, C) raise RuntimeError, such as "
    "expected input[2, 32, 32, 3] to have 3 channels, but got 32 channels instead",
    "write images.permute(0, 3, 1, 2)",
    "nn.BatchNorm1d(C) takes the second dimension for the channels",
    "To normalize (N, L, C), transpose, or use nn.LayerNorm(C), which normalizes the last one",
)
def test_layer_shapes_channels():
    conv, images = nn.Conv2d(3, 8, 3), torch.rand(2, 32, 32, 3)
    with pytest.raises(RuntimeError) as error:
        conv(images)
    message = "expected input[2, 32, 32, 3] to have 3 channels, but got 32 channels instead"
    assert message in str(error.value)
    assert conv(images.permute(0, 3, 1, 2)).shape == (2, 8, 30, 30)
    assert conv(torch.rand(2, 3, 32, 8)).shape == (2, 8, 30, 6)  # (N, H, W, C) with H == 3
    x = torch.randn(4, 7, 16) * 3 + 1
    with pytest.raises(RuntimeError, match="should contain 7 elements not 16"):
        nn.BatchNorm1d(16)(x)
    normalized = nn.BatchNorm1d(16)(x.mT).mT
    assert normalized.mean(dim=(0, 1)).abs().max() < 1e-4
    assert nn.LayerNorm(16)(x).mean(dim=-1).abs().max() < 1e-4
    square = torch.randn(4, 16, 16) + torch.arange(16.0)  # L == C: no error, wrong dimension
    assert nn.BatchNorm1d(16)(square).mean(dim=(0, 1)).abs().max() > 0.5


@pytest.mark.claim(
    "models/build#layer-shapes",
    "h and c of an LSTM stay (layers, N, D) with batch_first=True. "
    "With bidirectional=True the output has 2 * D features, and output[:, -1] holds "
    "the backward direction after one step only: its final state is h[-1]",
    "nn.MultiheadAttention returns weights averaged over the heads. "
    "average_attn_weights=False gives (N, heads, L, S), need_weights=False gives None",
)
def test_layer_shapes_lstm_and_attention():
    x, d = torch.randn(2, 7, 16), 5
    for layers in (1, 3):
        _, (h, c) = nn.LSTM(16, d, layers, batch_first=True)(x)
        assert h.shape == c.shape == (layers, 2, d)
    lstm = nn.LSTM(16, d, batch_first=True, bidirectional=True)
    output, (h, _) = lstm(x)
    assert output.shape == (2, 7, 2 * d)
    assert torch.equal(output[:, 0, d:], h[-1]) and torch.equal(output[:, -1, :d], h[-2])
    one_step = lstm(x[:, -1:])[0][:, 0, d:]
    torch.testing.assert_close(output[:, -1, d:], one_step)

    attention = nn.MultiheadAttention(16, 4, batch_first=True)
    _, mean = attention(x, x[:, :3], x[:, :3])
    _, each = attention(x, x[:, :3], x[:, :3], average_attn_weights=False)
    assert each.shape == (2, 4, 7, 3)
    torch.testing.assert_close(each.mean(dim=1), mean)
    assert attention(x, x, x, need_weights=False)[1] is None


@pytest.mark.claim(
    "models/build#layer-shapes",
    "nn.LSTM, nn.GRU, and nn.MultiheadAttention expect (L, N, C). "
    "Given (N, L, C), they raise no error and mix the samples of a batch",
)
def test_layer_shapes_batch_first():
    attention = nn.MultiheadAttention(16, 4).eval()
    lstm, gru = nn.LSTM(16, 16), nn.GRU(16, 16)
    wholes = {
        attention: lambda layer, x: layer(x, x, x)[0],
        lstm: lambda layer, x: layer(x)[0],
        gru: lambda layer, x: layer(x)[0],
    }
    x = torch.randn(2, 7, 16)
    other = torch.cat([torch.randn(1, 7, 16), x[1:]])  # another first sample
    for layer, call in wholes.items():
        assert call(layer, x).shape == (2, 7, 16)
        assert not torch.allclose(call(layer, x)[1], call(layer, other)[1])
        layer.batch_first = True
        torch.testing.assert_close(call(layer, x)[1], call(layer, other)[1])
