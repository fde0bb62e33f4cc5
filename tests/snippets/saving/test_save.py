import copy
import os
import pickle
import sys
import types
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, load_model, save_file, save_model
from torch import nn

READER = {
    "save_load": """
import copy, tempfile
from pathlib import Path
path = Path(tempfile.mkdtemp(), "model.pt")
build_model = lambda: copy.deepcopy(model)
"""
}


@dataclass
class Config:
    hidden: int = 8


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(5, 4), nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight


@pytest.mark.claim(
    "saving/save#save-load",
    "Save the state_dict() with torch.save(). To load, build the model from its code, "
    "fill it with load_state_dict(), and call eval() for inference",
)
def test_save_load(run, monkeypatch):
    saved, loaded, options = [], [], []
    state_dict, load_state_dict = nn.Sequential.state_dict, nn.Sequential.load_state_dict
    load = torch.load

    def spy(calls, function):
        return lambda first, *args, **kwargs: (
            calls.append(first if calls is not options else kwargs),
            function(first, *args, **kwargs),
        )[1]

    monkeypatch.setattr(nn.Sequential, "state_dict", spy(saved, state_dict))
    monkeypatch.setattr(nn.Sequential, "load_state_dict", spy(loaded, load_state_dict))
    monkeypatch.setattr(torch, "load", spy(options, load))
    names = run("saving/save/save_load.py")
    assert loaded == [names["model"]] and saved[0] is not loaded[0]  # "build the model"
    assert options == [{"map_location": "cpu", "weights_only": True}]
    model, state = names["model"], names["state"]
    assert not model.training
    assert all(t.is_cpu for t in state.values())
    saved = torch.load(names["path"], weights_only=True)
    for name, tensor in model.state_dict().items():
        assert tensor.device.type == names["device"].type
        assert torch.equal(tensor.cpu(), saved[name].cpu())


@pytest.mark.claim(
    "saving/save#save-load",
    "A state_dict holds parameters and persistent buffers, "
    "not the code, the mode, or requires_grad",
)
def test_save_load_what_is_saved(tmp_path):
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2)).eval().requires_grad_(False)
    model.register_buffer("scratch", torch.ones(1), persistent=False)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    assert state.keys() == {*dict(model.named_parameters()), *dict(model.named_buffers())} - {
        "scratch"
    }
    other = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    other.load_state_dict(state)
    assert other.training and other[0].training
    assert all(p.requires_grad for p in other.parameters())


def test_save_load_config(run):
    names = run("saving/save/save_load_config.py")
    assert names["saved"]["config"] == {"hidden": 16, "dropout": 0.1}
    assert names["model"][0].out_features == 16  # not the default
    assert torch.equal(names["model"][0].weight, names["saved"]["model"]["0.weight"])


@pytest.mark.claim(
    "saving/save#save-load", "the file holds tensors and strings, and loading it runs no code"
)
def test_save_load_safetensors(run, monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("unpickled")

    monkeypatch.setattr(pickle, "Unpickler", refused)
    monkeypatch.setattr(torch, "load", refused)
    names = run("saving/save/save_load_safetensors.py")
    state = load_file(names["path"])
    for name, tensor in names["model"].state_dict().items():
        assert torch.equal(state[name], tensor)
    with pytest.raises(ValueError, match=r"expected torch\.Tensor"):
        save_file({"epoch": 3}, names["path"])


@pytest.mark.claim(
    "saving/save#save-load",
    "model = torch.load(path) is a dictionary, and model.eval() then raises "
    "'collections.OrderedDict' object has no attribute 'eval': build the model, and call "
    "model.load_state_dict(torch.load(path))",
    "model.load_state_dict(path) raises Expected state_dict to be dict-like: pass torch.load(path)",
    "Its result is a list of keys, not the model",
)
def test_save_load_mistaken_for_the_model(tmp_path):
    model, path = Net(), tmp_path / "model.pt"
    torch.save(model.state_dict(), path)
    with pytest.raises(
        AttributeError, match=r"'collections.OrderedDict' object has no attribute 'eval'"
    ):
        torch.load(path).eval()
    for wrong in (path, str(path)):
        with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
            model.load_state_dict(wrong)
    result = model.load_state_dict(torch.load(path))
    assert not isinstance(result, nn.Module) and result.missing_keys == []


@pytest.mark.claim(
    "saving/save#save-load",
    "Since 2.6, torch.load(path) rejects such a file: Weights only load failed",
    "With weights_only=False, the class must still be in the same module, "
    "so renaming the module breaks loading",
)
def test_save_load_of_a_whole_model(tmp_path, monkeypatch):
    old = types.ModuleType("old_name")
    old.Net = type("Net", (Net,), {"__module__": "old_name"})
    monkeypatch.setitem(sys.modules, "old_name", old)
    path = tmp_path / "whole.pt"
    torch.save(old.Net(), path)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(path)
    assert isinstance(torch.load(path, weights_only=False), old.Net)
    monkeypatch.delitem(sys.modules, "old_name")
    with pytest.raises(ModuleNotFoundError, match="old_name"):
        torch.load(path, weights_only=False)


@pytest.mark.claim(
    "saving/save#save-load",
    "It rejects NumPy numbers and arrays, and objects such as a Path: "
    "convert before saving, as in float(score) and torch.from_numpy(array)",
    "For a class of your own, load under with torch.serialization.safe_globals([Config]):",
    "torch.serialization.get_unsafe_globals_in_checkpoint(path) lists the classes that "
    "a file asks for",
)
def test_save_load_of_custom_classes(tmp_path):
    path = tmp_path / "config.pt"
    torch.save({"config": Config(3), "model": Net().state_dict()}, path)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(path, weights_only=True)
    asked = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    assert asked == [f"{Config.__module__}.Config"]
    with torch.serialization.safe_globals([Config]):
        assert torch.load(path, weights_only=True)["config"] == Config(3)
    plain = {"a": [torch.ones(1), (1, 2.0, "x", None, True)], "dtype": torch.float32}
    torch.save(plain, path)
    assert torch.load(path, weights_only=True)["a"][1] == (1, 2.0, "x", None, True)
    score = np.float64(0.5)
    for value in (score, tmp_path):
        torch.save({"value": value}, path)
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            torch.load(path, weights_only=True)
    torch.save({"score": float(score)}, path)
    assert torch.load(path, weights_only=True) == {"score": 0.5}


@pytest.mark.claim(
    "saving/save#save-load",
    "best = model.state_dict() goes on changing as the model trains: "
    "write copy.deepcopy(model.state_dict())",
    "torch.save(x[:10], path) writes the whole memory behind the slice: save x[:10].clone()",
    ".pt and .pth are the same format",
)
def test_save_load_memory(tmp_path):
    model = Net()
    best, kept = model.state_dict(), copy.deepcopy(model.state_dict())
    with torch.no_grad():
        model.layer.bias.fill_(7)
    assert (best["layer.bias"] == 7).all() and not (kept["layer.bias"] == 7).any()
    x = torch.zeros(10_000)
    torch.save(x[:10], tmp_path / "slice.pt")
    torch.save(x[:10].clone(), tmp_path / "clone.pth")
    sizes = [os.path.getsize(tmp_path / name) for name in ("slice.pt", "clone.pth")]
    assert sizes[0] > x.nbytes > sizes[1]
    for name in ("slice.pt", "clone.pth"):
        assert torch.equal(torch.load(tmp_path / name), x[:10])


@pytest.mark.claim(
    "saving/save#save-load",
    "For tied weights, save_file raises Some tensors share memory: use save_model(model, path)",
    "It rejects non-contiguous tensors too: call contiguous()",
    "use save_model(model, path) and load_model(model, path) of safetensors",
    "Metadata must be strings",
)
def test_save_load_safetensors_limits(tmp_path):
    path, tied = tmp_path / "tied.safetensors", Tied()
    with pytest.raises(RuntimeError, match="Some tensors share memory"):
        save_file(tied.state_dict(), path)
    with pytest.raises(ValueError, match="non contiguous"):
        save_file({"x": torch.ones(2, 3).T}, path)
    save_file({"x": torch.ones(2, 3).T.contiguous()}, path)
    with pytest.raises((TypeError, SafetensorError)):
        save_file({"x": torch.ones(2)}, path, metadata={"epoch": 3})
    save_model(tied, path)
    other = Tied()
    load_model(other, path)
    assert torch.equal(other.head.weight, tied.embed.weight)
    assert other.head.weight is other.embed.weight


class Attack:
    def __reduce__(self):
        return (exec, ("import sys; sys.attacked = True",))


@pytest.mark.claim("saving/save#save-load", "A pickle can run any code while it loads")
def test_save_load_runs_code(tmp_path):
    torch.save({"weight": torch.ones(1), "more": Attack()}, tmp_path / "model.pt")
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(tmp_path / "model.pt", weights_only=True)
    assert not hasattr(sys, "attacked")
    torch.load(tmp_path / "model.pt", weights_only=False)
    assert sys.attacked
    del sys.attacked
