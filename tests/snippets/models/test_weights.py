import copy
import math
import pickle

import pytest
import torch
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present


def test_weight_init(run):
    names = run("models/weights/weight_init.py")
    model, init_weights = names["model"], names["init_weights"]
    conv, norm, linear = names["conv"], names["norm"], model[-1]
    assert model[0][0] is conv and conv.weight.shape == (64, 3, 3, 3) and conv.bias is None
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 100)
    assert conv.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.05)
    assert linear.weight.std().item() == pytest.approx(math.sqrt(2 / (64 + 100)), rel=0.05)
    # Normal, not uniform: some values lie beyond the √3 standard deviations of a uniform one.
    for weight in (conv.weight, linear.weight):
        assert weight.abs().max() > 2 * weight.std()
        assert abs(weight.mean()) < 0.1 * weight.std()
    assert not linear.bias.any()

    # A convolution with a bias, a linear layer without one, a norm without either.
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=False), nn.Linear(4, 4, False)
    )
    model.apply(init_weights)
    assert not model[0].bias.any()
    assert nn.init.calculate_gain("relu") == nn.init.calculate_gain("leaky_relu", 0)
    assert (norm.weight == 1).all() and not norm.bias.any()


def test_weight_init_modules_and_children(run):
    names = run("models/weights/weight_init.py")
    model, conv = names["model"], names["conv"]
    assert next(model.modules()) is model
    assert len(list(model.modules())) == 8 and len(list(model.children())) == 4
    # "a loop over `children()` misses the nested convolution"
    assert conv in list(model.modules()) and conv not in list(model.children())
    visited = []
    model.apply(visited.append)
    assert set(visited) == set(model.modules())


def test_weight_init_of_norms():
    for norm in (nn.BatchNorm1d(4), nn.BatchNorm2d(4), nn.LayerNorm(4), nn.GroupNorm(2, 4)):
        assert (norm.weight == 1).all() and not norm.bias.any()
    bare = nn.BatchNorm2d(4, affine=False)
    assert bare.weight is None and bare.bias is None
    for parameter in (bare.weight, bare.bias):
        with pytest.raises(AttributeError, match="NoneType"):
            nn.init.ones_(parameter)


def test_weight_init_given(run):
    names = run("models/weights/weight_init_given.py")
    layer, optimizer, values, held = (names[k] for k in ("layer", "optimizer", "values", "held"))
    # "the parameter remains the same object", and the copy is one
    assert torch.equal(held, values) and held.data_ptr() != values.data_ptr()
    assert held.requires_grad and held.is_leaf

    # "the optimizer keeps updating the old one"
    assert layer.weight is not held
    assert layer.weight.data_ptr() == values.data_ptr()  # "shares memory with `values`"
    before = layer.weight.detach().clone()
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(layer.weight, before) and layer.weight.grad.any()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()  # "before you create the optimizer"
    assert not torch.equal(layer.weight, before)


def test_weight_init_given_another_shape():
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([5.0, 6.0]))
    assert layer.weight.tolist() == [[5, 6], [5, 6]]
    layer.weight = nn.Parameter(torch.ones(7, 3))
    assert layer.weight.shape == (7, 3)


def test_extract_layers(run):
    names = run("models/weights/extract_layers.py")
    model, images, stem = names["model"], names["images"], names["stem"]
    extractor = names["extractor"]
    assert names["conv"] is model.layer1[0].conv1
    assert list(stem) == [model.conv1, model.bn1, model.relu, model.maxpool]
    outputs = extractor(images)
    assert list(outputs) == ["layer2", "avgpool"]
    # Evaluation mode went with it: the outputs are those of the model's own layers.
    assert not model.training and not extractor.training
    layer2 = model.layer2(model.layer1(stem(images)))
    torch.testing.assert_close(outputs["layer2"], layer2)
    torch.testing.assert_close(outputs["avgpool"].flatten(1), model(images))
    assert type(model.fc) is nn.Identity
    # "extracted layers share their parameters with the model"
    name = "layer2.0.conv1.weight"
    assert extractor.get_parameter(name) is model.get_parameter(name)
    assert stem[0].weight is model.conv1.weight
    assert copy.deepcopy(model).conv1.weight is not model.conv1.weight


def test_extract_layers_of_all_children():
    from torchvision.models import resnet18

    model, images = resnet18(weights=None).eval(), torch.rand(1, 3, 64, 64)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        nn.Sequential(*model.children())(images)
    *body, head = model.children()
    whole = nn.Sequential(*body, nn.Flatten(), head)  # what it lacked
    torch.testing.assert_close(whole(images), model(images))


def test_extract_layers_traces_symbolically():
    from torch.fx.proxy import TraceError
    from torchvision.models.feature_extraction import create_feature_extractor

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 3)

        def forward(self, x):
            x = self.linear(x)
            return x if x.sum() > 0 else -x

    with pytest.raises(TraceError, match="control flow"):
        create_feature_extractor(Net(), ["linear"])


def test_extract_layers_convs(run):
    names = run("models/weights/extract_layers_convs.py")
    model, convs = names["model"], names["convs"]
    assert convs == {
        "stem": model.stem,
        "stage.0": model.stage[0],
        "stage.2": model.stage[2],
    }
    assert model(torch.rand(1, 3, 16, 16)).shape == (1, 16, 10, 10)
    modules = nn.ModuleDict(names["renamed"])
    assert list(modules) == ["stem", "stage_0", "stage_2"]
    assert modules["stage_2"] is convs["stage.2"]
    with pytest.raises(KeyError, match="module name can"):
        nn.Sequential().add_module("stage.0", nn.ReLU())


def test_partial_pretrained(run):
    names = run("models/weights/partial_pretrained.py")
    model, saved, state = names["model"], names["saved"], names["state"]
    assert all(name.startswith("module.") for name in saved)
    assert list(state) == ["body.weight", "body.bias"]
    for name in state:
        loaded = model.get_parameter(name)
        assert torch.equal(loaded.cpu(), saved[f"module.{name}"])
    assert model["body"].weight.shape == (4, 8) and model["head"].weight.shape == (3, 4)
    assert saved["module.head.weight"].shape == (10, 4)
    assert names["missing"] == ["head.weight", "head.bias"] and names["unexpected"] == []


@pytest.mark.parametrize("broken", ["module.", "head."])
def test_partial_pretrained_rejects_a_wrong_checkpoint(run, monkeypatch, broken):
    load = torch.load

    def load_another(*args, **kwargs):
        state = load(*args, **kwargs)
        if broken == "module.":
            return {f"other.{name}": tensor for name, tensor in state.items()}
        return state | {"module.extra": torch.ones(1)}

    monkeypatch.setattr(torch, "load", load_another)
    with pytest.raises(RuntimeError, match="wrong checkpoint"):
        run("models/weights/partial_pretrained.py")


def test_partial_pretrained_loads_with_the_right_arguments(run, monkeypatch):
    calls, load = [], torch.load
    monkeypatch.setattr(torch, "load", lambda *a, **k: calls.append(k) or load(*a, **k))
    names = run("models/weights/partial_pretrained.py")
    assert calls == [{"map_location": names["device"], "weights_only": True}]


def test_partial_pretrained_strict_false():
    model = nn.Linear(2, 2)
    before = copy.deepcopy(model.state_dict())
    state = nn.DataParallel(nn.Linear(2, 2)).state_dict()
    # "no key matches, the weights stay as they were, and nothing is raised"
    result = model.load_state_dict(state, strict=False)
    assert result.missing_keys == ["weight", "bias"]
    assert result.unexpected_keys == ["module.weight", "module.bias"]
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())
    # "a different shape still raises `RuntimeError`"
    with pytest.raises(RuntimeError, match="size mismatch"):
        model.load_state_dict(nn.Linear(3, 2).state_dict(), strict=False)


def test_partial_pretrained_prefixes(tmp_path):
    layer, plain = nn.Linear(2, 2), nn.Linear(2, 2)
    state = nn.DataParallel(layer).state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    plain.load_state_dict(state)
    assert torch.equal(plain.weight, layer.weight)

    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    ddp = nn.parallel.DistributedDataParallel(layer)
    assert list(ddp.state_dict()) == ["module.weight", "module.bias"]
    assert list(ddp.module.state_dict()) == ["weight", "bias"]
    torch.distributed.destroy_process_group()

    compiled = torch.compile(layer).state_dict()
    assert list(compiled) == ["_orig_mod.weight", "_orig_mod.bias"]
    consume_prefix_in_state_dict_if_present(compiled, "_orig_mod.")
    assert list(compiled) == ["weight", "bias"]


def test_partial_pretrained_from_a_gpu(tmp_path, monkeypatch):
    # A checkpoint whose tensors claim to lie on a GPU.
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "gpu.pt")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        torch.load(tmp_path / "gpu.pt", weights_only=True)
    state = torch.load(tmp_path / "gpu.pt", map_location="cpu", weights_only=True)
    assert state["weight"].is_cpu


class Payload:
    def __reduce__(self):
        return print, ("ran",)


def test_partial_pretrained_weights_only(tmp_path, capsys):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    torch.save({"weight": Payload()}, tmp_path / "payload.pt")
    for file in ("model.pt", "payload.pt"):
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            torch.load(tmp_path / file, map_location="cpu", weights_only=True)
    assert "ran" not in capsys.readouterr().out
    torch.load(tmp_path / "payload.pt", weights_only=False)
    assert "ran" in capsys.readouterr().out
