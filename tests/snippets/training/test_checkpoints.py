import ast
import io
import os
import random
from contextlib import suppress
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, RandomSampler

from cheatsheet.snippet import SNIPPETS

CHECKPOINT = "training/checkpoints/checkpoint.py"


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def interrupted_and_resumed(names, path):
    torch.manual_seed(0)
    with suppress(KeyboardInterrupt):
        names["train"](path, stop_in=2)
    torch.manual_seed(1)
    names["train"](path)
    return load(path)


def equal(a, b):
    try:
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    except AssertionError:
        return False
    return True


def test_checkpoint(run, tmp_path):
    names = run(CHECKPOINT)
    a, b = names["a"], names["b"]
    assert (
        a.keys()
        == b.keys()
        == {*("model", "optimizer", "scheduler", "scaler", "epoch", "rng", "cuda_rng")}
    )
    assert equal(a, b) and a is not b
    # the training is a real one: it ended, moved every part, and used random numbers
    assert a["epoch"] == 4 and a["scheduler"]["last_epoch"] == 4
    assert a["scaler"]["_growth_tracker"] == 16  # 4 epochs of 4 batches, none skipped
    assert a["optimizer"]["state"][0]["step"] == 16
    assert a["optimizer"]["param_groups"][0]["lr"] == pytest.approx(0.1 * 0.1**2)
    torch.manual_seed(0)
    assert not torch.equal(a["rng"], torch.get_rng_state())
    torch.manual_seed(2)
    names["train"](tmp_path / "other.pt")
    assert not equal(load(tmp_path / "other.pt"), a)  # another seed, another result


@pytest.mark.parametrize("left_out", ["model", "optimizer", "scheduler", "scaler", "rng", "epoch"])
def test_checkpoint_needs_every_part(run, tmp_path, left_out):
    names = run(CHECKPOINT)
    complete = names["resume"]

    def incomplete(path, parts):
        rng = torch.get_rng_state()
        epoch = complete(path, {k: part for k, part in parts.items() if k != left_out})
        if left_out == "rng":
            torch.set_rng_state(rng)
        return 0 if left_out == "epoch" else epoch

    names["resume"] = incomplete
    assert not equal(interrupted_and_resumed(names, tmp_path / "cut.pt"), names["a"])
    names["resume"] = complete
    assert equal(interrupted_and_resumed(names, tmp_path / "again.pt"), names["a"])


def test_checkpoint_proves_it(run, monkeypatch):
    events, wrapped = [], (torch.manual_seed, torch.save, torch.load, torch.testing.assert_close)

    def recording(function):
        def record(*args, **kwargs):
            events.append((function.__name__, args, kwargs))
            return function(*args, **kwargs)

        return record

    for function in wrapped:
        module = torch.testing if function is wrapped[-1] else torch
        monkeypatch.setattr(module, function.__name__, recording(function))
    names = run(CHECKPOINT)
    # four epochs; two of four; resumed from a checkpoint, the other two
    assert [name for name, _, _ in events] == [
        *("manual_seed", *["save"] * 4),
        *("manual_seed", *["save"] * 2),
        *("manual_seed", "load", *["save"] * 2),
        *("load", "load", "assert_close"),
    ]
    # both runs start from the same seed, the resumed one goes on from another
    full, cut, resumed = (args for name, args, _ in events if name == "manual_seed")
    assert full == cut != resumed
    # nothing is tolerated
    assert events[-1][1:] == ((names["a"], names["b"]), {"rtol": 0, "atol": 0})


def test_checkpoint_uses_random_numbers(run, tmp_path):
    names = run(CHECKPOINT)
    loaders, saved = [], []
    names["DataLoader"] = lambda *a, **k: loaders.append(DataLoader(*a, **k)) or loaders[-1]
    names["save"] = lambda path, parts, epoch: saved.append(parts)
    names["train"](tmp_path / "x.pt")
    assert all(isinstance(loader.sampler, RandomSampler) for loader in loaders)
    assert [m.p for m in saved[-1]["model"] if isinstance(m, torch.nn.Dropout)] == [0.5]


def test_checkpoint_gpu_random_numbers(run, tmp_path, monkeypatch):
    # as if there were two GPUs
    names = run(CHECKPOINT)
    states = [torch.tensor([i, 7], dtype=torch.uint8) for i in range(2)]
    restored = []
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: states)
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", restored.extend)
    names["save"](tmp_path / "x.pt", {}, epoch=3)
    assert names["resume"](tmp_path / "x.pt", {}) == 3
    assert equal(restored, states)


def test_checkpoint_interruption(run, tmp_path):
    # "saved at the end of an epoch; an interrupted epoch starts over"
    names = run(CHECKPOINT)
    path = tmp_path / "cut.pt"
    with pytest.raises(KeyboardInterrupt):
        names["train"](path, stop_in=0)
    assert not path.exists()
    with pytest.raises(KeyboardInterrupt):
        names["train"](path, stop_in=2)
    assert load(path)["epoch"] == 2


def test_checkpoint_atomic(run, tmp_path, monkeypatch):
    names = run(CHECKPOINT)
    path = tmp_path / "last.pt"
    part = torch.nn.Linear(2, 1)
    names["save"](path, {"model": part}, epoch=0)
    monkeypatch.delattr(os, "rename")  # on Windows it does not replace
    names["save"](path, {"model": part}, epoch=1)
    before = path.read_bytes()
    assert [p.name for p in tmp_path.glob("last*")] == ["last.pt"]

    def disk_full(state, file):
        with open(file, "wb") as f:
            f.write(b"half a checkpoint")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space"):
        names["save"](path, {"model": part}, epoch=2)
    assert path.read_bytes() == before and load(path)["epoch"] == 1


def test_checkpoint_weights_only(run):
    tree = ast.parse((SNIPPETS / CHECKPOINT).read_text(encoding="utf-8"))
    calls = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "torch.load"
    ]
    assert len(calls) == 3
    for call in calls:
        arguments = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        assert arguments == {"map_location": "cpu", "weights_only": True}


def round_trip(value, **kwargs):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True, **kwargs)


class Payload:
    def __reduce__(self):
        return (print, ("executed",))


def test_checkpoint_what_loads(capsys):
    for value in (np.float64(0.5), np.random.get_state(), Payload()):
        with pytest.raises(UnpicklingError):
            round_trip(value)
    assert "executed" not in capsys.readouterr().out
    assert round_trip(float(np.float64(0.5))) == 0.5
    assert round_trip(random.getstate()) == random.getstate()
    rng = np.random.default_rng(0)
    state = round_trip(rng.bit_generator.state)
    drawn = rng.random(3)
    again = np.random.default_rng()
    again.bit_generator.state = state
    assert (again.random(3) == drawn).all()


def test_checkpoint_rng_state_stays_on_the_cpu():
    # any other device does: meta stands for the GPU
    state = round_trip({"rng": torch.get_rng_state()}, map_location="meta")
    with pytest.raises(TypeError, match="ByteTensor"):
        torch.set_rng_state(state["rng"])


def test_checkpoint_from_the_best(run, tmp_path):
    # resuming from an older checkpoint repeats its epochs
    names = run(CHECKPOINT)
    best = tmp_path / "best.pt"
    with suppress(KeyboardInterrupt):
        names["train"](best, stop_in=1)
    saved = []
    save = names["save"]
    names["save"] = lambda path, parts, epoch: (saved.append(epoch), save(path, parts, epoch))
    names["train"](best)
    assert saved == [2, 3, 4]


def test_checkpoint_state_moves_to_the_parameters():
    # "load_state_dict() moves it to the device": meta stands for the GPU
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2)
    optimizer = torch.optim.AdamW([p])
    optimizer.step()
    elsewhere = torch.ones(2, device="meta", requires_grad=True)
    resumed = torch.optim.AdamW([elsewhere])
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.state[elsewhere]["exp_avg"].is_meta
