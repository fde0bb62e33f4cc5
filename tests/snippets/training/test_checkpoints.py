import io
import os
import random
import tempfile
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, StepLR
from torch.utils.data import DataLoader, TensorDataset

from harness import SNIPPETS, execute

READER = {
    "checkpoint": """
parts = {"model": model, "optimizer": optimizer}
values, path = {"epoch": 1}, Path("checkpoints/last.pt")
"""
}


def equal(a, b):
    """Whether two states are equal, bit for bit."""
    try:
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    except AssertionError:
        return False
    return True


def read(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def round_trip(value, **kwargs):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True, **kwargs)


@pytest.fixture
def functions(run):
    """What the blocks define: how to save, to load, and to seed."""
    random_numbers = run("training/checkpoints/checkpoint_random.py")
    return run("training/checkpoints/checkpoint.py") | {"random": random_numbers}


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "save the state_dict() of the model, the optimizer, and the scheduler, "
    "and the number of the next epoch",
    "last.pt to resume from",
)
def test_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", lambda: str(tmp_path))
    block = SNIPPETS / "training/checkpoints/checkpoint.py"
    names = execute(block).names
    last, best = read(tmp_path / "checkpoints/last.pt"), read(tmp_path / "checkpoints/best.pt")
    assert last.keys() == {"model", "optimizer", "scheduler", "epoch", "best_acc"}
    assert best.keys() == {"model"}
    assert last["epoch"] == last["scheduler"]["last_epoch"] == 3
    assert last["optimizer"]["state"][0]["step"] == 3
    assert last["best_acc"] == names["best_acc"] > float("-inf")
    # The same program once more, after a crash in its last epoch: it goes on from there.
    state = {name: part.state_dict() for name, part in names["parts"].items()}
    state["scheduler"] |= {"last_epoch": 2}
    torch.save(state | {"epoch": 2, "best_acc": 2.0}, tmp_path / "checkpoints/last.pt")
    before = (tmp_path / "checkpoints/best.pt").read_bytes()
    again = execute(block).names
    assert again["start"] == 2 and again["scheduler"].last_epoch == 3
    assert again["optimizer"].state[again["model"].weight]["step"] == 4
    assert again["best_acc"] == 2.0
    assert (tmp_path / "checkpoints/best.pt").read_bytes() == before  # nothing was better


def test_checkpoint_best(run, tmp_path, monkeypatch):
    # the file is that of the best epoch, not of the last one
    monkeypatch.setattr(tempfile, "mkdtemp", lambda: str(tmp_path))
    scores = iter([0.1, 0.9, 0.5])
    argmax = torch.Tensor.argmax

    def guessing(outputs, dim):
        right = round(next(scores) * 8)
        target = torch.arange(8) % 3
        return torch.where(torch.arange(8) < right, target, target + 1)

    monkeypatch.setattr(torch.Tensor, "argmax", guessing)
    names = run("training/checkpoints/checkpoint.py")
    monkeypatch.setattr(torch.Tensor, "argmax", argmax)
    folder = tmp_path / "checkpoints"
    assert names["best_acc"] == 7 / 8
    assert not equal(read(folder / "best.pt")["model"], read(folder / "last.pt")["model"])


class Training:
    """A training that saves after each epoch as the blocks do, with dropout and shuffling."""

    def __init__(self, functions, path, seeded=True, epochs=4, **loader):
        self.functions, self.path, self.seeded, self.epochs = functions, path, seeded, epochs
        self.model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(), nn.Linear(8, 1))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.scaler = torch.amp.GradScaler("cpu")
        self.parts = {
            "model": self.model,
            "optimizer": self.optimizer,
            "scheduler": StepLR(self.optimizer, step_size=2),
            "scaler": self.scaler,
        }
        self.generator = torch.Generator()
        x = torch.arange(48.0).reshape(16, 3) / 48
        self.loader = DataLoader(
            TensorDataset(x, x.sum(1, keepdim=True)),
            batch_size=4,
            shuffle=True,
            generator=self.generator,
            **loader,
        )

    def run(self, start=0, stop=None):
        for epoch in range(start, self.epochs):
            if self.seeded:
                torch.manual_seed(epoch)
                self.generator.manual_seed(epoch)
            for x, y in self.loader:
                with torch.autocast("cpu", torch.float16):
                    loss = nn.functional.mse_loss(self.model(x).float(), y)
                self.optimizer.zero_grad()
                self.scaler.scale(loss).backward()
                self.scaler.step(self.optimizer)
                self.scaler.update()
            if epoch == stop:
                return self
            self.parts["scheduler"].step()
            self.functions["save"](self.path, self.parts, epoch=epoch + 1)
        return self


def results(functions, tmp_path, left_out=None, **arguments):
    """The last checkpoint of a whole training, and of one that stopped in epoch 2."""
    torch.manual_seed(0)
    whole, cut = tmp_path / "whole/last.pt", tmp_path / "cut/last.pt"
    Training(functions, whole, **arguments).run()
    torch.manual_seed(0)
    Training(functions, cut, **arguments).run(stop=2)
    torch.manual_seed(1)  # a new process
    resumed = Training(functions, cut, **arguments)
    kept = {name: part for name, part in resumed.parts.items() if name != left_out}
    state = functions["load"](cut, kept)
    resumed.run(start=0 if left_out == "epoch" else state["epoch"])
    return read(whole), read(cut)


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "On the CPU, with the same number of threads and everything that has a state in parts, the "
    "resumed training then equals the uninterrupted one bit for bit",
    "A resumed training draws other random numbers than one without interruption",
)
def test_checkpoint_random(functions, tmp_path):
    whole, resumed = results(functions, tmp_path / "seeded")
    assert equal(whole, resumed)
    assert whole["epoch"] == 4 and whole["scaler"]["scale"] < 2**16  # it had to learn
    # The blocks' own words: other numbers in each epoch, the same after resuming.
    names = functions["random"]
    assert names["resumed"] == names["whole"][2:]
    assert len({str(epoch) for epoch in names["whole"]}) == 4
    assert not equal(*results(functions, tmp_path / "not", seeded=False))


@pytest.mark.claim(
    "training/checkpoints#checkpoint", "With an enabled GradScaler, put it into parts too"
)
@pytest.mark.parametrize("left_out", ["model", "optimizer", "scheduler", "scaler", "epoch"])
def test_checkpoint_needs_every_part(functions, tmp_path, left_out):
    assert not equal(*results(functions, tmp_path, left_out=left_out))


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "This does not hold with persistent_workers=True: "
    "new workers start with other random numbers, and the order changes",
)
@pytest.mark.parametrize("persistent", [False, True])
def test_checkpoint_random_workers(persistent):
    class Noisy(torch.utils.data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            return index, torch.rand(1)

    def epochs(*numbers):
        generator = torch.Generator()
        loader = DataLoader(
            Noisy(),
            shuffle=True,
            num_workers=2,
            persistent_workers=persistent,
            generator=generator,
        )
        drawn = []
        for epoch in numbers:
            generator.manual_seed(epoch)
            batches = list(loader)
            drawn.append(tuple([b[i].item() for b in batches] for i in (0, 1)))
        return drawn

    (order, noise), (order_resumed, noise_resumed) = epochs(0, 1)[1], epochs(1)[0]
    assert (order == order_resumed) != persistent
    assert (noise == noise_resumed) != persistent


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "If you draw from random or np.random in the main process, seed them there too",
)
def test_checkpoint_random_numbers_of_others():
    def drawn(seed_all):
        torch.manual_seed(3)
        if seed_all:
            random.seed(3)
            np.random.seed(3)
        return random.random(), np.random.random()

    assert drawn(False) != drawn(False) and drawn(True) == drawn(True)


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "A scheduler made afterward, such as LinearLR, changes the learning rate that was loaded",
)
def test_checkpoint_scheduler_made_after_loading():
    def an_optimizer():
        return torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)

    optimizer = an_optimizer()
    scheduler = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    optimizer.step()
    scheduler.step()
    saved = round_trip([optimizer.state_dict(), scheduler.state_dict()])
    for made_first in (True, False):
        resumed = an_optimizer()
        again = LinearLR(resumed, start_factor=0.5, total_iters=2) if made_first else None
        resumed.load_state_dict(saved[0])
        again = again or LinearLR(resumed, start_factor=0.5, total_iters=2)
        again.load_state_dict(saved[1])
        assert (resumed.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]) == made_first


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "lr, weight_decay, T_max, and step_size then come from the checkpoint, not from the code",
    "Change them after loading; LambdaLR computes each step from base_lrs",
)
def test_checkpoint_settings():
    def parts(lr, weight_decay, length):
        w = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.AdamW([w], lr=lr, weight_decay=weight_decay)
        schedulers = CosineAnnealingLR(optimizer, length), StepLR(optimizer, length)
        return optimizer, *schedulers

    old, new = parts(0.1, 0.2, 10), parts(0.5, 0.3, 20)
    for part, saved in zip(new, old, strict=True):
        part.load_state_dict(round_trip(saved.state_dict()))
    (group,) = new[0].param_groups
    assert (group["lr"], group["weight_decay"]) == (0.1, 0.2)
    assert new[1].T_max == new[2].step_size == 10
    group["lr"] = 0.5
    new[0].step()
    assert new[0].param_groups[0]["lr"] == 0.5
    same = LambdaLR(new[0], lambda step: 1.0)
    same.load_state_dict({**same.state_dict(), "base_lrs": [0.1]})
    for lrs, lr in (([0.1], 0.1), ([0.5], 0.5)):
        group["lr"] = 0.5
        same.base_lrs = lrs
        new[0].step()
        same.step()
        assert new[0].param_groups[0]["lr"] == lr


@pytest.mark.claim(
    "training/checkpoints#checkpoint", "The optimizer's state goes to the parameters by position"
)
@pytest.mark.parametrize("named", [False, True])
def test_checkpoint_order_of_parameters(named):
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    pairs = [("a", a), ("b", b)]

    def optimizer(*order):
        return torch.optim.SGD(order if named else [p for _, p in order], lr=0.1, momentum=0.9)

    a.grad, b.grad = torch.tensor([1.0]), torch.tensor([2.0])
    saved = optimizer(*pairs)
    saved.step()
    turned = optimizer(*pairs[::-1])
    turned.load_state_dict(saved.state_dict())
    assert turned.state[b]["momentum_buffer"].item() == 1
    assert turned.state[a]["momentum_buffer"].item() == 2


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "A disabled one has the state {}, and an enabled one rejects that with RuntimeError",
)
def test_checkpoint_scaler():
    disabled = torch.amp.GradScaler("cpu", enabled=False)
    assert disabled.state_dict() == {}
    with pytest.raises(RuntimeError, match="empty"):
        torch.amp.GradScaler("cpu").load_state_dict({})
    disabled.load_state_dict({})


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "load_state_dict() copies the values to the device of the model",
)
def test_checkpoint_state_moves_to_the_parameters():
    # The meta device stands for a GPU.
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2)
    optimizer = torch.optim.AdamW([p])
    optimizer.step()
    elsewhere = torch.ones(2, device="meta", requires_grad=True)
    resumed = torch.optim.AdamW([elsewhere])
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.state[elsewhere]["exp_avg"].is_meta
    model = nn.Linear(2, 2, dtype=torch.float64)
    model.load_state_dict(nn.Linear(2, 2).state_dict())
    assert model.weight.dtype == torch.float64  # values are copied, the tensors stay


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    'torch.load without map_location="cpu" raises '
    "Attempting to deserialize object on a CUDA device on a machine without one",
)
def test_checkpoint_of_a_gpu(without_gpu):
    restore = torch.serialization.default_restore_location
    storage = torch.ones(2).untyped_storage()
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        restore(storage, "cuda:0")
    assert restore(storage, "cpu") is storage


class Payload:
    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "loads tensors, numbers, strings, and containers of them, "
    "and refuses others, such as NumPy numbers and arrays or a Path, with UnpicklingError",
    "turn an np.float64 metric into a float, and an array into a tensor with torch.from_numpy",
)
def test_checkpoint_what_loads(capsys):
    for value in (1, 2.5, 1j, True, None, "a", [1], (1,), {"a": {1}}):
        assert round_trip(value) == value
    assert equal(round_trip([torch.ones(2)]), [torch.ones(2)])
    for value in (np.float64(0.5), np.ones(2), Path("a"), Payload(), nn.Linear(1, 1)):
        with pytest.raises(UnpicklingError):
            round_trip(value)
    assert "executed" not in capsys.readouterr().out
    assert round_trip(float(np.float64(0.5))) == 0.5
    assert round_trip(torch.from_numpy(np.ones(2))).tolist() == [1, 1]


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "or it raises Parent directory … does not exist",
    "Writing beside the file and then os.replace keeps the old one "
    "if the process dies while writing",
)
def test_checkpoint_file(functions, tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        torch.save({}, tmp_path / "missing/last.pt")
    path, part = tmp_path / "a/b/last.pt", {"model": nn.Linear(2, 1)}
    functions["save"](path, part, epoch=0)
    monkeypatch.delattr(os, "rename")  # on Windows it does not replace
    functions["save"](path, part, epoch=1)
    before = path.read_bytes()
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]

    def disk_full(state, file):
        Path(file).write_bytes(b"half a checkpoint")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space"):
        functions["save"](path, part, epoch=2)
    assert path.read_bytes() == before and read(path)["epoch"] == 1


@pytest.mark.claim("training/checkpoints#checkpoint", "put a prefix before the names")
def test_checkpoint_prefix():
    model = nn.Linear(2, 2)
    assert next(iter(torch.compile(model).state_dict())) == "_orig_mod.weight"
    assert next(iter(nn.DataParallel(model).state_dict())) == "module.weight"


@pytest.mark.claim(
    "training/checkpoints#checkpoint",
    "you can save torch.get_rng_state() and generator.get_state()",
    'They have to stay on the CPU: with map_location="cuda", torch.set_rng_state raises TypeError',
)
def test_checkpoint_random_state():
    generator = torch.Generator().manual_seed(3)
    saved = round_trip([torch.get_rng_state(), generator.get_state()])
    drawn = torch.rand(3), torch.rand(3, generator=generator)
    torch.set_rng_state(saved[0])
    generator.set_state(saved[1])
    assert equal(drawn, (torch.rand(3), torch.rand(3, generator=generator)))
    # The meta device stands for a GPU.
    elsewhere = round_trip(torch.get_rng_state(), map_location="meta")
    with pytest.raises(TypeError, match="ByteTensor"):
        torch.set_rng_state(elsewhere)
