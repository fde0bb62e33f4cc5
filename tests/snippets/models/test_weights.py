import copy
import math
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present
from torchvision.models import feature_extraction, get_model, resnet18  # once, not in each test

READER = {
    "extract_layers": """
from torchvision.models import resnet18
model, images = resnet18().eval(), torch.rand(1, 3, 64, 64)
""",
    "partial_pretrained": """
import io
file = io.BytesIO()
torch.save(model.state_dict(), file)
file.seek(0)
""",
    "fine_tune": """
from torchvision.models import resnet18
model = resnet18()
""",
    "state_dict_surgery": """
model = nn.ModuleDict({"embed": nn.Embedding(12, 4), "head": nn.Linear(4, 3)})
state = {
    "module.tok.weight": torch.ones(10, 4),
    "module.head.weight": torch.ones(2, 4),
    "module.head.bias": torch.ones(2),
}
""",
}


@pytest.mark.claim(
    "models/weights#weight-init",
    "let model.apply() call it on every module",
)
def test_weight_init(run):
    names = run("models/weights/weight_init.py")
    model, init_weights = names["model"], names["init_weights"]
    conv, linear = model[0], model[-1]
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 3)
    assert not linear.bias.any() and linear.bias.requires_grad

    model = nn.Sequential(nn.Conv2d(3, 64, 3), nn.Sequential(nn.Linear(64, 100)))
    conv, linear = model[0], model[1][0]
    before = conv.bias.clone()
    assert model.apply(init_weights) is model
    assert conv.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.1)
    assert conv.weight.abs().max() > 2 * conv.weight.std()  # normal
    assert linear.weight.abs().max() <= math.sqrt(6 / (64 + 100))  # uniform
    assert linear.weight.std().item() == pytest.approx(math.sqrt(2 / (64 + 100)), rel=0.1)
    assert not linear.bias.any() and torch.equal(conv.bias, before)

    # A linear layer without a bias, a norm without parameters.
    nn.Sequential(nn.BatchNorm2d(4, affine=False), nn.Linear(4, 4, False)).apply(init_weights)


@pytest.mark.claim(
    "models/weights#weight-init",
    "Weights of nn.Linear and nn.Conv2d start uniform within ±1/√fan_in, "
    "those of nn.Embedding normal with standard deviation 1",
    "nn.init.trunc_normal_(module.weight, std=0.02)",
)
def test_weight_init_defaults():
    for layer in (nn.Linear(100, 1000), nn.Conv2d(4, 500, 5), nn.Conv2d(4, 500, 5, groups=2)):
        bound = 1 / math.sqrt(layer.weight[0].numel())
        assert 0.99 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)
    embedding = nn.Embedding(1000, 50).weight
    assert embedding.std().item() == pytest.approx(1, rel=0.05) and embedding.abs().max() > 3
    nn.init.trunc_normal_(embedding, std=0.02)
    assert embedding.std().item() == pytest.approx(0.02, rel=0.05)


@pytest.mark.claim(
    "models/weights#weight-init",
    "apply() and modules() visit the nested modules and the model itself. "
    "A loop over children() misses what is nested",
)
def test_weight_init_modules_and_children():
    conv = nn.Conv2d(3, 4, 3)
    model = nn.Sequential(nn.Sequential(conv, nn.ReLU()), nn.Flatten())
    assert list(model.modules()) == [model, model[0], conv, model[0][1], model[1]]
    assert list(model.children()) == [model[0], model[1]]
    visited = []
    model.apply(visited.append)
    assert set(visited) == set(model.modules())


@pytest.mark.claim(
    "models/weights#weight-init",
    "Types that the function does not name keep their weights: "
    "nn.LSTM, or the in_proj_weight of nn.MultiheadAttention",
)
def test_weight_init_of_other_types(run):
    init_weights = run("models/weights/weight_init.py")["init_weights"]
    lstm, attention = nn.LSTM(4, 4), nn.MultiheadAttention(4, 2)
    model = nn.ModuleList([lstm, attention, nn.ConvTranspose2d(2, 2, 3)])
    before = {n: p.clone() for n, p in model.named_parameters()}
    model.apply(init_weights)
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert changed == {"1.out_proj.weight"}


@pytest.mark.claim(
    "models/weights#weight-init",
    "The weight of a BatchNorm or LayerNorm starts at 1 and its bias at 0",
    "With affine=False or elementwise_affine=False both are None, "
    "and nn.init.ones_(None) raises AttributeError",
)
def test_weight_init_of_norms():
    for norm in (nn.BatchNorm1d(4), nn.BatchNorm2d(4), nn.BatchNorm3d(4), nn.LayerNorm(4)):
        assert (norm.weight == 1).all() and not norm.bias.any()
    for bare in (nn.BatchNorm2d(4, affine=False), nn.LayerNorm(4, elementwise_affine=False)):
        assert bare.weight is None and bare.bias is None
        for parameter in (bare.weight, bare.bias):
            with pytest.raises(AttributeError, match="NoneType"):
                nn.init.ones_(parameter)


@pytest.mark.claim(
    "models/weights#weight-init",
    "Initialize before you load pretrained weights, or only the new part: "
    "model.fc.apply(init_weights)",
)
def test_weight_init_overwrites_what_was_loaded(run):
    init_weights = run("models/weights/weight_init.py")["init_weights"]
    model = nn.Sequential(nn.Linear(4, 4))
    model.fc = nn.Linear(4, 4)
    loaded = {n: torch.full_like(t, 0.5) for n, t in model.state_dict().items()}
    model.load_state_dict(loaded)
    model.fc.apply(init_weights)
    assert (model[0].weight == 0.5).all() and not (model.fc.weight == 0.5).any()
    model.apply(init_weights)
    assert not (model[0].weight == 0.5).any()


@pytest.mark.claim(
    "models/weights#weight-init",
    "copy_() it under no_grad(). The parameter remains the same object, "
    "and an optimizer keeps updating it",
)
def test_weight_init_given(run):
    names = run("models/weights/weight_init_given.py")
    layer, values = names["layer"], names["values"]
    assert torch.equal(layer.weight, values)
    assert layer.weight.data_ptr() != values.data_ptr() and layer.weight.is_leaf

    held = layer.weight
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    with torch.no_grad():
        layer.weight.copy_(2 * values)
    assert layer.weight is held
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    torch.testing.assert_close(layer.weight.detach(), 2 * values - 0.1)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        layer.weight.copy_(values)  # without no_grad()


@pytest.mark.claim(
    "models/weights#weight-init",
    "copy_() broadcasts, so a tensor of another shape may pass unnoticed",
    "layer.weight = nn.Parameter(values) checks no shape and shares memory with values",
    "An optimizer that exists already keeps the old parameter, so the new one is not trained",
    "do it before you create the optimizer",
)
def test_weight_init_given_another_parameter():
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([5.0, 6.0]))
    assert layer.weight.tolist() == [[5, 6], [5, 6]]

    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    values = torch.ones(7, 2)
    layer.weight, layer.bias = nn.Parameter(values), None
    assert layer.weight.shape == (7, 2) and layer.weight.data_ptr() == values.data_ptr()
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert layer.weight.grad.any() and (layer.weight == 1).all()
    torch.optim.AdamW(layer.parameters(), lr=0.1).step()
    assert (layer.weight != 1).all() and (values != 1).all()  # the memory is shared


@pytest.mark.claim(
    "models/weights#extract-layers",
    "To change or drop the classification head, assign another module to it",
    "Layers taken this way are the model's own: parameters and mode are shared, "
    "and extractor.train() puts their BatchNorm layers in the model into training mode too",
    "For an independent copy, start from copy.deepcopy(model)",
)
def test_extract_layers(run):
    names = run("models/weights/extract_layers.py")
    model, images, stem = names["model"], names["images"], names["stem"]
    extractor, features = names["extractor"], names["features"]
    assert names["conv"] is model.layer1[0].conv1
    assert list(stem) == [model.conv1, model.bn1, model.relu, model.maxpool]
    assert list(features) == ["layer2", "avgpool"]
    # Evaluation mode went with it: the outputs are those of the model's own layers.
    assert not model.training and not extractor.training
    layer2 = model.layer2(model.layer1(stem(images)))
    torch.testing.assert_close(features["layer2"], layer2)
    assert type(model.fc) is nn.Identity
    torch.testing.assert_close(features["avgpool"].flatten(1), model(images))
    model.fc = nn.Linear(512, 5)
    assert model(images).shape == (1, 5)
    assert copy.deepcopy(model).conv1.weight is not model.conv1.weight

    name = "layer2.0.conv1.weight"
    assert extractor.get_parameter(name) is model.get_parameter(name)
    extractor.train()
    assert model.layer1[0].bn1.training and not model.training
    model.eval()
    stem.train()
    assert model.bn1.training


@pytest.mark.claim(
    "models/weights#extract-layers",
    "children() and named_children() list one level in the order of registration, "
    "a layer that is used twice only once",
    "all children of resnet18() in an nn.Sequential lack the flatten, and the call raises an error",
    "A missing residual addition gives another result without an error",
)
def test_extract_layers_of_all_children():
    model, images = resnet18(weights=None).eval(), torch.rand(1, 3, 64, 64)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        nn.Sequential(*model.children())(images)
    *body, head = model.children()
    whole = nn.Sequential(*body, nn.Flatten(), head)  # what it lacked
    torch.testing.assert_close(whole(images), model(images))

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first, self.act = nn.Linear(3, 3), nn.Linear(3, 3), nn.Tanh()

        def forward(self, x):
            return x + self.act(self.last(self.act(self.first(x))))

    block, x = Residual(), torch.randn(2, 3)
    assert [name for name, _ in block.named_children()] == ["last", "first", "act"]
    assert not torch.equal(nn.Sequential(*block.children())(x), block(x))
    twice = nn.Sequential(block.first, block.act, block.last, block.act)
    assert len(twice) == 4 and len(list(twice.children())) == 3


@pytest.mark.claim(
    "models/weights#extract-layers",
    "traces forward and raises TraceError where an if depends on the data",
    "get_graph_node_names(model) lists the nodes to choose from",
)
def test_extract_layers_traces_symbolically():
    from torch.fx.proxy import TraceError

    class Net(nn.Module):
        def __init__(self, branch):
            super().__init__()
            self.linear, self.branch = nn.Linear(3, 3), branch

        def forward(self, x):
            x = self.linear(x)
            return -x if self.branch and x.sum() < 0 else x.relu()

    with pytest.raises(TraceError, match="control flow"):
        feature_extraction.create_feature_extractor(Net(branch=True), ["linear"])
    model = Net(branch=False)
    assert feature_extraction.get_graph_node_names(model)[0] == ["x", "linear", "relu"]
    x = torch.ones(1, 3)
    extractor = feature_extraction.create_feature_extractor(model, ["relu"])
    assert torch.equal(extractor(x)["relu"], model(x))


@pytest.mark.claim(
    "models/weights#extract-layers",
    "filter named_modules(), which recurses",
    'nn.ModuleDict(convs) raises KeyError, module name can\'t contain ".": '
    'use name.replace(".", "_") first',
)
def test_extract_layers_convs(run):
    names = run("models/weights/extract_layers_convs.py")
    model, convs = names["model"], names["convs"]
    assert all(model.get_submodule(name) is conv for name, conv in convs.items())
    assert len(convs) == sum(type(m) is nn.Conv2d for m in model.modules()) == 20
    for attempt in (
        lambda: nn.ModuleDict(convs),
        lambda: nn.Sequential().add_module("layer1.0", nn.ReLU()),
    ):
        with pytest.raises(KeyError) as raised:
            attempt()
        assert 'module name can\'t contain "."' in raised.value.args[0]
    modules = nn.ModuleDict({name.replace(".", "_"): m for name, m in convs.items()})
    assert len(modules) == 20 and modules["layer1_0_conv1"] is model.layer1[0].conv1


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    "Strip the prefix, drop the tensors that differ in shape, load the rest with strict=False",
)
def test_partial_pretrained(run):
    names = run("models/weights/partial_pretrained.py")
    model, saved, state = names["model"], names["saved"], names["state"]
    assert sorted(state) == ["body.bias", "body.weight"]
    for name in state:
        assert torch.equal(model.get_parameter(name), saved[name])
    assert model["body"].weight.shape == (4, 8) and model["head"].weight.shape == (3, 4)
    assert saved["head.weight"].shape == (10, 4)
    assert names["missing"] == ["head.weight", "head.bias"] and names["unexpected"] == []


@pytest.mark.claim("models/weights#partial-pretrained", "check the keys that come back")
@pytest.mark.parametrize("broken", ["prefix", "more", "less"])
def test_partial_pretrained_rejects_a_wrong_checkpoint(run, monkeypatch, broken):
    load = torch.load

    def load_another(*args, **kwargs):
        state = load(*args, **kwargs)
        if broken == "prefix":
            return {f"other.{name}": tensor for name, tensor in state.items()}
        if broken == "more":
            return state | {"module.extra": torch.ones(1)}
        return {name: tensor for name, tensor in state.items() if "body.bias" not in name}

    monkeypatch.setattr(torch, "load", load_another)
    with pytest.raises(RuntimeError, match="wrong checkpoint"):
        run("models/weights/partial_pretrained.py")


def test_partial_pretrained_loads_with_the_right_arguments(run, monkeypatch):
    calls, load = [], torch.load
    monkeypatch.setattr(torch, "load", lambda *a, **k: calls.append(k) or load(*a, **k))
    run("models/weights/partial_pretrained.py")
    assert calls == [{"map_location": "cpu", "weights_only": True}]


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    "strict=False forgives missing and unexpected keys. Also with strict=False, a shape that differs "
    "raises RuntimeError, such as size mismatch for head.weight: drop or resize that tensor first. "
    "By then, the tensors that fit have been copied",
    "the weights stay as they were, and nothing is raised",
)
def test_partial_pretrained_strict_false(run):
    model = nn.Linear(2, 2)
    before = copy.deepcopy(model.state_dict())
    state = nn.DataParallel(nn.Linear(2, 2)).state_dict()
    result = model.load_state_dict(state, strict=False)
    assert result.missing_keys == ["weight", "bias"]
    assert result.unexpected_keys == ["module.weight", "module.bias"]
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())

    build = run("models/weights/partial_pretrained.py")["build"]
    model, other = build(classes=3), build(classes=10)
    with pytest.raises(RuntimeError, match=r"size mismatch for head\.weight"):
        model.load_state_dict(other.state_dict(), strict=False)
    assert torch.equal(model["body"].weight, other["body"].weight)


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    "DataParallel and DDP put module. before each key. model.module.state_dict() has no prefix, "
    'and consume_prefix_in_state_dict_if_present(state, "module.") strips it in place',
)
def test_partial_pretrained_prefixes():
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


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    "torch.compile(model) puts _orig_mod. at the start of each key. "
    "A compiled child has it in the middle, as in 0._orig_mod.weight, "
    'so strip it with k.replace("_orig_mod.", ""). model.compile() adds none',
)
def test_partial_pretrained_prefixes_of_compile():
    plain = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    keys = ["0.weight", "0.bias"]
    root = torch.compile(plain, backend="eager")
    child = nn.Sequential(torch.compile(plain[0], backend="eager"), plain[1])
    both = nn.DataParallel(root)
    assert list(root.state_dict()) == [f"_orig_mod.{k}" for k in keys]
    assert list(child.state_dict()) == ["0._orig_mod.weight", "0._orig_mod.bias"]
    assert list(both.state_dict()) == [f"module._orig_mod.{k}" for k in keys]
    for model in (root, child, both):
        names = [k.removeprefix("module.").replace("_orig_mod.", "") for k in model.state_dict()]
        assert names == keys
    plain.compile(backend="eager")
    assert list(plain.state_dict()) == keys


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    'With map_location="cpu", a checkpoint saved on a GPU also loads on a machine without one. '
    "load_state_dict then copies to the device and dtype of the model",
)
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
    model = nn.Linear(2, 2, dtype=torch.float64)
    model.load_state_dict(state)
    assert model.weight.dtype == torch.float64
    torch.testing.assert_close(model.weight.detach(), state["weight"].double())
    meta = nn.Linear(2, 2, device="meta")
    with pytest.warns(UserWarning, match="meta"):  # there is nothing to copy to
        meta.load_state_dict(state)
    assert meta.weight.is_meta


class Payload:
    def __reduce__(self):
        return print, ("ran",)


@pytest.mark.claim(
    "models/weights#partial-pretrained",
    "the default since 2.6, rejects a file with a whole model, NumPy numbers, or NumPy "
    "arrays: Weights only load failed",
    "Save state_dict(), tensors, and Python numbers",
)
def test_partial_pretrained_weights_only(tmp_path, capsys):
    model = nn.Linear(2, 2)
    torch.save(model, tmp_path / "model.pt")
    torch.save({"accuracy": np.mean([0.5, 0.7])}, tmp_path / "scalar.pt")
    torch.save({"weight": Payload()}, tmp_path / "payload.pt")
    torch.save({"scores": np.ones(3)}, tmp_path / "array.pt")
    for file in ("model.pt", "scalar.pt", "array.pt", "payload.pt"):
        for options in ({}, {"weights_only": True}):
            with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
                torch.load(tmp_path / file, map_location="cpu", **options)
    assert "ran" not in capsys.readouterr().out
    torch.load(tmp_path / "payload.pt", weights_only=False)
    assert "ran" in capsys.readouterr().out
    torch.save({"model": model.state_dict(), "accuracy": 0.6}, tmp_path / "good.pt")
    assert torch.load(tmp_path / "good.pt", weights_only=True)["accuracy"] == 0.6


@pytest.mark.claim(
    "models/weights#fine-tune",
    "Freeze all parameters with requires_grad_(False), put a new head in place, "
    "train the head alone, and keep the backbone in evaluation mode",
    "weights.transforms() resizes, crops, and normalizes, and needs no download",
)
def test_fine_tune(run):
    names = run("models/weights/fine_tune.py")
    model, images, optimizer = names["model"], names["images"], names["optimizer"]
    assert images.shape == (4, 3, 224, 224)
    assert images.min() < -1 < 1 < images.max()  # normalized
    assert not model.training and not model.bn1.training and model.fc.training
    assert model.fc.out_features == 5 and optimizer.param_groups[0]["lr"] == 1e-3
    assert model.fc.weight.grad is not None and len(optimizer.state) == 2  # a step was taken
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert held == {id(p) for p in model.fc.parameters()}
    before = {n: t.clone() for n, t in model.state_dict().items()}
    model(images[..., :64, :64]).sum().backward()
    optimizer.step()
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert changed == {"fc.weight", "fc.bias"}
    assert model.conv1.weight.grad is None


@pytest.mark.claim(
    "models/weights#fine-tune",
    "the backbone with a learning rate 10 to 100 times smaller",
    "leave BatchNorm in evaluation mode",
    "A parameter in two groups raises ValueError",
)
def test_fine_tune_all(run):
    names = run("models/weights/fine_tune_all.py")
    model, groups = names["model"], names["optimizer"].param_groups
    ids = [id(p) for group in groups for p in group["params"]]
    assert sorted(ids) == sorted(map(id, model.parameters()))
    assert {id(p) for p in groups[1]["params"]} == {id(p) for p in model.fc.parameters()}
    assert 10 <= groups[1]["lr"] / groups[0]["lr"] <= 100.001
    assert all(p.requires_grad for p in model.parameters())
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 20 and not any(m.training for m in norms)
    assert model.training and model.layer1.training
    before = model.bn1.running_mean.clone()
    model(torch.rand(2, 3, 32, 32)).sum().backward()
    assert torch.equal(model.bn1.running_mean, before)
    assert model.bn1.weight.grad is not None  # its parameters are trained
    twice = [{"params": model.parameters()}, {"params": model.fc.parameters(), "lr": 1e-3}]
    with pytest.raises(ValueError, match="more than one parameter group"):
        torch.optim.AdamW(twice)


@pytest.mark.claim(
    "models/weights#fine-tune",
    "model.fc in ResNet, model.classifier[-1] in VGG, MobileNet, EfficientNet, and ConvNeXt, "
    "model.classifier in DenseNet, model.heads.head in ViT, model.head in Swin",
)
def test_fine_tune_heads():
    heads = {
        "resnet50": lambda m: m.fc,
        "vgg11": lambda m: m.classifier[-1],
        "mobilenet_v2": lambda m: m.classifier[-1],
        "mobilenet_v3_small": lambda m: m.classifier[-1],
        "efficientnet_b0": lambda m: m.classifier[-1],
        "convnext_tiny": lambda m: m.classifier[-1],
        "densenet121": lambda m: m.classifier,
        "vit_b_16": lambda m: m.heads.head,
        "swin_t": lambda m: m.head,
    }
    with torch.device("meta"):
        for name, head in heads.items():
            found = head(get_model(name, weights=None))
            assert isinstance(found, nn.Linear) and found.out_features == 1000, name


@pytest.mark.claim(
    "models/weights#fine-tune",
    "Head first and then freezing freezes the head too, and backward() raises "
    "element 0 of tensors does not require grad and does not have a grad_fn",
    "model.requires_grad = False is an attribute without effect",
    "requires_grad_(False), with the underscore, freezes the parameters",
)
def test_fine_tune_freezing():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    model.requires_grad = False
    assert all(p.requires_grad for p in model.parameters())
    model.requires_grad_(False)
    assert not any(p.requires_grad for p in model.parameters())
    loss = model(torch.ones(1, 4)).sum()
    message = "element 0 of tensors does not require grad and does not have a grad_fn"
    with pytest.raises(RuntimeError, match=message):
        loss.backward()
    model[1] = nn.Linear(4, 2)
    model(torch.ones(1, 4)).sum().backward()
    assert model[0].weight.grad is None and model[1].weight.grad is not None


@pytest.mark.claim(
    "models/weights#fine-tune",
    "To unfreeze a layer that the optimizer was not given, call requires_grad_(True) and "
    'optimizer.add_param_group({"params": layer.parameters(), "lr": 1e-5})',
)
def test_fine_tune_unfreezing():
    layer, head = nn.Linear(4, 4).requires_grad_(False), nn.Linear(4, 2)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3)
    before = layer.weight.clone()

    def step():
        head(layer(torch.ones(1, 4))).sum().backward()
        optimizer.step()

    layer.requires_grad_(True)
    step()
    assert torch.equal(layer.weight, before)
    optimizer.add_param_group({"params": layer.parameters(), "lr": 1e-5})
    step()
    assert not torch.equal(layer.weight, before)


@pytest.mark.claim(
    "models/weights#fine-tune",
    "parameters whose grad remains are still moved by the next step(). "
    "Those whose grad is None are skipped, weight decay included",
)
@pytest.mark.parametrize("make", [torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD])
def test_fine_tune_freezing_in_mid_training(make):
    layer = nn.Linear(4, 2)
    optimizer = make(layer.parameters(), lr=0.1, weight_decay=0.5)

    def moved():
        before = layer.weight.clone()
        layer(torch.ones(1, 4)).sum().backward()
        optimizer.step()
        return not torch.equal(layer.weight, before)

    assert moved()
    layer.weight.requires_grad_(False)
    assert moved()
    optimizer.zero_grad()
    assert layer.weight.grad is None and not moved()


@pytest.mark.claim(
    "models/weights#fine-tune",
    "requires_grad_(False) does not stop BatchNorm: in training mode its running_mean and "
    "running_var go on changing",
    "model.train() at the start of an epoch puts the backbone back into training mode, "
    "dropout included: call model.eval() and model.fc.train() after it",
)
def test_fine_tune_batch_norm():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout()).requires_grad_(False)
    model.fc = nn.Linear(3, 2)
    x = torch.randn(16, 3) + 5
    for mode, changes in (("train", True), ("eval", False)):
        getattr(model.train(), mode)()
        model.fc.train()
        mean, var = model[0].running_mean.clone(), model[0].running_var.clone()
        model(x)
        assert torch.equal(mean, model[0].running_mean) != changes
        assert torch.equal(var, model[0].running_var) != changes
        assert model[1].training == changes and model.fc.training


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "rename its keys, resize its tensors, and load it with strict=False. The result lists the keys "
    "that only the model has, and those that only the dictionary has",
    "New rows of an embedding start random",
)
def test_state_dict_surgery(run):
    names = run("models/weights/state_dict_surgery.py")
    model, state = names["model"], names["state"]
    assert list(state) == ["embed.weight", "head.weight", "head.bias", "scale"]
    for tensor, rows in ((model["embed"].weight, 10), (model["head"].weight, 2)):
        assert (tensor[:rows] == 1).all() and not (tensor[rows:] == 1).any()
    assert (model["norm"].weight == 1).all() and not model["norm"].bias.any()


@pytest.mark.parametrize("rows", [0, 1, 3, 5])
def test_state_dict_surgery_resizes_either_way(rows):
    new, old = torch.zeros(3, 2), torch.ones(rows, 2)
    new[: len(old)] = old[: len(new)]
    assert new.sum() == 2 * min(rows, 3)
    if rows < 3:
        new[len(old) :] = old.mean(0)  # of the prose
        assert rows == 0 or (new == 1).all()


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "DDP and torch.compile nest either way, module._orig_mod. or _orig_mod.module.",
    'k.replace("module.", "") damages names such as submodule.weight',
)
def test_state_dict_surgery_prefixes():
    def strip(k):
        return k.replace("_orig_mod.", "").removeprefix("module.")

    net = nn.Sequential(nn.Linear(2, 2))
    keys = list(net.state_dict())
    parallel = nn.DataParallel  # DDP's prefix is that of DataParallel
    compiled = partial(torch.compile, backend="eager")
    assert next(iter(parallel(compiled(net)).state_dict())) == "module._orig_mod.0.weight"
    assert next(iter(compiled(parallel(net)).state_dict())) == "_orig_mod.module.0.weight"
    inner = nn.Sequential(compiled(net[0]))
    for wrapped in (net, parallel(net), compiled(net), parallel(compiled(net)), inner):
        assert [strip(k) for k in wrapped.state_dict()] == keys
    assert [strip(k) for k in compiled(parallel(net)).state_dict()] == keys
    assert strip("submodule.weight") == "submodule.weight"
    assert "submodule.weight".replace("module.", "") == "subweight"


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "strict=False hides a mistyped key: look at missing_keys and unexpected_keys",
    "With strict=True, the default, keys that only the model has raise "
    "Missing key(s) in state_dict, and those that only the dictionary has "
    "Unexpected key(s) in state_dict: rename or drop these keys",
)
def test_state_dict_surgery_mistyped_key():
    layer, state = nn.Linear(2, 2), {"wieght": torch.ones(2, 2), "bias": torch.ones(2)}
    result = layer.load_state_dict(state, strict=False)
    assert result.missing_keys == ["weight"] and result.unexpected_keys == ["wieght"]
    with pytest.raises(RuntimeError) as error:
        layer.load_state_dict(state)
    for words in ("Missing key(s) in state_dict", "Unexpected key(s) in state_dict"):
        assert words in str(error.value)


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    'The tensors of model.state_dict() share memory with the model: state["bias"].zero_() '
    "zeroes its bias. Take clone(), or copy.deepcopy(state) for all",
)
def test_state_dict_surgery_shares_memory():
    layer = nn.Linear(2, 2)
    copied, state = copy.deepcopy(layer.state_dict()), layer.state_dict()
    state["bias"].zero_()
    assert not layer.bias.any() and copied["bias"].any()
    copied["weight"].zero_()
    assert layer.weight.any()


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "The optimizer's state keeps the old shapes. Its load_state_dict does not object, "
    "but the next step() of AdamW raises RuntimeError",
)
@pytest.mark.parametrize("make", [torch.optim.AdamW, partial(torch.optim.SGD, momentum=0.9)])
def test_state_dict_surgery_optimizer(make):
    def stepped(layer, state=None):
        optimizer = make(layer.parameters(), lr=0.1)
        if state:
            optimizer.load_state_dict(state)
        layer(torch.ones(1, 4)).sum().backward()
        optimizer.step()
        return optimizer.state_dict()

    state = stepped(nn.Linear(4, 2))
    stepped(nn.Linear(4, 2), state)
    with pytest.raises(RuntimeError, match="must match the size of tensor"):
        stepped(nn.Linear(4, 3), state)


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "assign=True takes the tensors over with their dtype and device, "
    "instead of copying into the parameters. So a model on meta can be loaded",
    "The parameters are new objects: create the optimizer afterward",
    "They share memory with state",
)
def test_state_dict_surgery_assign(run):
    names = run("models/weights/state_dict_surgery_assign.py")
    model, state = names["model"], names["state"]
    assert model.weight.data_ptr() == state["weight"].data_ptr()
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in model.parameters())

    layer = nn.Linear(4, 3)
    layer.bias.requires_grad_(False)
    held = layer.weight
    layer.load_state_dict(state, assign=True)
    assert layer.weight is not held and layer.weight.dtype == torch.bfloat16
    assert layer.weight.requires_grad and not layer.bias.requires_grad  # kept
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        nn.Linear(2, 3).load_state_dict(state, assign=True)


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "tied weights become two parameters, and a buffer with persistent=False stays on meta",
)
def test_state_dict_surgery_assign_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(4, 2), nn.Linear(2, 4, bias=False)
            self.head.weight = self.embed.weight
            self.register_buffer("table", torch.ones(2), persistent=False)

    saved = Tied().state_dict()
    with torch.device("meta"):
        model = Tied()
    assert model.head.weight is model.embed.weight
    model.load_state_dict(saved, assign=True)
    assert model.head.weight is not model.embed.weight and len(list(model.parameters())) == 2
    assert model.table.is_meta and model.embed.weight.is_cpu
    copied = Tied()
    copied.load_state_dict(dict(saved))
    assert copied.head.weight is copied.embed.weight


@pytest.mark.claim(
    "models/weights#state-dict-surgery",
    "In 2.14, state itself also remembers the option: a later load_state_dict(state) "
    "assigns again. Pass dict(state) there",
)
@pytest.mark.skipif(not torch.__version__.startswith("2.14"), reason="the page speaks of 2.14")
def test_state_dict_surgery_assign_is_remembered():
    def keeps_its_parameter(state):
        layer = nn.Linear(2, 2)
        held = layer.weight
        layer.load_state_dict(state)
        return layer.weight is held

    state = nn.Linear(2, 2).state_dict()
    assert keeps_its_parameter(state)
    nn.Linear(2, 2).load_state_dict(state, assign=True)
    assert not keeps_its_parameter(state) and keeps_its_parameter(dict(state))
