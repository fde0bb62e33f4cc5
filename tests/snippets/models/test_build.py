import copy
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import nn


def test_module_list(run):
    names = run("models/build/module_list.py")
    model = names["model"]
    layers = model.layers
    assert isinstance(layers, nn.ModuleList) and len(layers) == 3
    assert list(layers.state_dict()) == [f"{i}.{n}" for i in range(3) for n in ("weight", "bias")]
    assert len({id(p) for p in model.parameters()}) == 6  # independent layers
    x = torch.randn(2, 8)
    expected = x
    for i in range(3):
        expected = expected + F.relu(F.linear(expected, layers[i].weight, layers[i].bias))
    assert torch.equal(model(x), expected)


def test_module_list_is_no_layer():
    with pytest.raises(NotImplementedError, match="ModuleList"):
        nn.ModuleList([nn.Linear(8, 8)])(torch.ones(1, 8))


def test_module_list_repeated_layer():
    repeated = nn.ModuleList([nn.Linear(8, 8)] * 3)
    assert len(list(repeated.parameters())) == 2
    assert repeated[0].weight is repeated[2].weight


def test_module_list_against_a_plain_list(run):
    plain = run("models/build/module_list.py")["plain"]
    assert isinstance(plain.layers, list) and len(plain.layers) == 3
    # "not in `parameters()` or `state_dict()` …, and `to()` does not move them"
    assert not list(plain.parameters()) and not plain.state_dict()
    plain.to("meta")
    assert all(layer.weight.device.type == "cpu" for layer in plain.layers)
    with pytest.raises(ValueError, match="empty parameter list"):
        torch.optim.SGD(plain.parameters(), lr=0.1)
    wrapped = nn.ModuleList(plain.layers).to("meta")
    assert all(p.device.type == "meta" for p in wrapped.parameters())


def test_sequential(run):
    names = run("models/build/sequential.py")
    model, images, first = names["model"], names["images"], names["first"]
    assert list(dict(model.features.named_children())) == ["0", "1"]
    assert list(dict(model.features[1].named_children())) == ["conv", "norm", "act"]
    assert list(model.features[0].state_dict())[:2] == ["conv.weight", "norm.weight"]
    assert names["conv"] is model.features[1][0]
    assert type(first) is nn.Sequential and len(first) == 1 and first[0] is model.features[0]
    assert model(images).requires_grad

    model.eval()
    x = images
    for block in model.features:
        x = F.relu(block.norm(block.conv(x)))
    torch.testing.assert_close(model(images), model.head(x.mean(dim=(2, 3))))
    copy.deepcopy(model)  # works after a forward pass


def test_sequential_passes_one_value():
    model = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(TypeError, match="positional argument"):
        model(torch.ones(1, 2), torch.ones(1, 2))


def test_sequential_sizes_are_checked_by_the_call():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1))
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        model(torch.ones(1, 2))


def test_sequential_linear_layers_amount_to_one():
    deep = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 3)).double()
    a, b, c = deep
    weight = c.weight @ b.weight @ a.weight
    bias = c.weight @ (b.weight @ a.bias + b.bias) + c.bias
    x = torch.randn(5, 4, dtype=torch.float64)
    torch.testing.assert_close(deep(x), F.linear(x, weight, bias))


def test_sequential_names():
    def by_index(*extra):
        return nn.Sequential(nn.Linear(2, 2), *extra, nn.Linear(2, 3))

    def by_name(*extra):
        return nn.Sequential(
            OrderedDict([("stem", nn.Linear(2, 2)), *extra, ("head", nn.Linear(2, 3))])
        )

    with pytest.raises(RuntimeError, match="Missing key"):
        by_index(nn.ReLU()).load_state_dict(by_index().state_dict())
    by_name(("act", nn.ReLU())).load_state_dict(by_name().state_dict())


def test_sequential_that_returns_its_input():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))

        def forward(self, x):
            self.x = self.layers(x)
            return x

    model, x = Net(), torch.ones(2, 4)
    y = model(x)
    assert y is x and not y.requires_grad
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(model)


def test_collect_intermediate(run):
    names = run("models/build/collect_intermediate.py")
    model, y, outputs = names["model"], names["y"], names["outputs"]
    assert y is outputs[-1] and all((o >= 0).all() for o in outputs)
    assert len(list(model.parameters())) == 6
    assert [o.shape[1] for o in outputs] == [20, 30, 50]
    # "local: a new one on every call"
    x = torch.randn(4, 10)
    again = model(x)[1]
    assert len(again) == 3 and again is not outputs
    assert torch.equal(again[0], model.layers[0](x).relu())
    assert torch.equal(again[1], model.layers[1](again[0]).relu())
    copy.deepcopy(model)


def test_collect_intermediate_on_the_module():
    class Net(nn.Linear):
        def __init__(self):
            super().__init__(3, 3)
            self.trace = []

        def forward(self, x):
            x = super().forward(x)
            self.trace.append(x)
            return x

    model = Net()
    first = model(torch.ones(1, 3))
    model(torch.zeros(1, 3))
    assert len(model.trace) == 2 and model.trace[0] is first
    assert all(output.grad_fn for output in model.trace)
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(model)


def test_collect_intermediate_hooks(run):
    names = run("models/build/collect_intermediate_hooks.py")
    model, features = names["model"], names["features"]
    assert list(features) == ["0", "2"] and model[1].inplace
    assert not any(output.requires_grad for output in features.values())
    # What was saved under "0" is what the layer gave, before the in-place ReLU.
    expected = model[2](features["0"].relu())
    assert torch.equal(features["2"], expected) and (features["0"] < 0).any()

    # "leaving it removes the hooks"
    assert not any(module._forward_hooks for module in model.modules())
    features.clear()
    model(torch.randn(1, 10))
    assert not features


def test_collect_intermediate_hooks_keep_the_in_place_result_without_clone():
    model, features = nn.Sequential(nn.Linear(10, 20), nn.ReLU(inplace=True)), {}
    model[0].register_forward_hook(lambda m, args, output: features.update(a=output.detach()))
    model[0].register_forward_hook(lambda m, args, output: features.update(b=output.clone()))
    model(torch.randn(32, 10))
    assert (features["a"] >= 0).all() and (features["b"] < 0).any()
    # "to backpropagate through an intermediate output, leave out `detach()`"
    features["b"].sum().backward()
    assert model[0].weight.grad is not None


def test_collect_intermediate_hooks_need_the_call():
    calls, layer = [], nn.Linear(3, 3)
    layer.register_forward_hook(lambda *args: calls.append(1))
    layer.forward(torch.ones(1, 3))
    assert calls == []
    layer(torch.ones(1, 3))
    assert calls == [1]


def test_functional_or_module(run):
    names = run("models/build/functional_or_module.py")
    model, x, ones = names["model"], names["x"], names["ones"]
    assert not model.training
    assert torch.equal(model(x), F.relu(model.linear(x)))
    assert not torch.equal(model.train()(x), model(x))
    # "it still drops after `model.eval()`"
    assert (names["wrong"] == 0).any() and torch.equal(names["right"], ones)
    assert (F.dropout(ones, p=0.5, training=True) == 0).any()


def test_functional_or_module_attention():
    class Attention(nn.Module):
        def forward(self, x):
            p = 0.1 if self.training else 0.0
            return F.scaled_dot_product_attention(x, x, x, dropout_p=p)

    x = torch.ones(1, 1, 64, 8)
    # "the `dropout_p` … ignores the mode too": every average of ones would be one
    assert not torch.allclose(F.scaled_dot_product_attention(x, x, x, dropout_p=0.1), x)
    torch.testing.assert_close(Attention().eval()(x), x)
    assert not torch.allclose(Attention().train()(x), x)


def test_functional_or_module_relu(run):
    model = run("models/build/functional_or_module.py")["model"]
    assert [name for name, _ in model.named_children()] == ["linear", "dropout"]
    assert "relu" not in str(model).lower() and "ReLU" in str(nn.Sequential(nn.ReLU()))
    assert not hasattr(F.relu, "register_forward_hook")
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.Sequential(F.relu)
