import contextlib
import json
import os
import pty
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import torch
import wandb
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from torch.utils.tensorboard import SummaryWriter

READER = {
    "tensorboard_writer": "runs, lr = 'runs', 0.1",
    "experiment_tracking": "config = {'lr': 0.1}; import os; os.environ['WANDB_SILENT'] = 'true'",
}


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def scalars(log_dir):
    events = EventAccumulator(str(log_dir)).Reload()
    return {
        tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def runs_of(log_dir):
    """Each run that TensorBoard shows, with its tags."""
    runs = EventMultiplexer().AddRunsFromDirectory(str(log_dir)).Reload().Runs()
    return {name: set(tags["scalars"]) for name, tags in runs.items()}


@pytest.mark.claim("training/monitor#tensorboard-writer", "one folder per training")
@pytest.mark.claim(
    "training/monitor#tensorboard-writer",
    "the slash only groups charts, and one event file holds both",
)
def test_tensorboard_writer(run, temporary):
    names = run("training/monitor/tensorboard_writer.py")
    folder = Path(names["runs"])
    tags = {"loss/train", "loss/val"}
    assert runs_of(folder) == {"lr=0.1": tags, "lr=0.01": tags}
    for lr in (0.1, 0.01):
        points = scalars(folder / f"lr={lr}")
        losses = [(1 - lr) ** epoch for epoch in range(10)]
        for tag, factor in ("loss/train", 1.0), ("loss/val", 1.1):
            assert [step for step, _ in points[tag]] == list(range(10))
            assert [v for _, v in points[tag]] == pytest.approx([factor * x for x in losses])
        (event_file,) = (folder / f"lr={lr}").iterdir()
        assert event_file.name.startswith("events.out.tfevents")
    assert names["writer"].file_writer is None  # closed


@pytest.mark.claim(
    "training/monitor#tensorboard-writer", "Trainings that share a folder end up in one run"
)
def test_tensorboard_writer_shared_folder(tmp_path):
    for value in (1.0, 2.0):
        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("loss", value, 0)
    assert runs_of(tmp_path) == {".": {"loss"}}


@pytest.mark.claim("training/monitor#tensorboard-writer", "Without it, all points are at step 0")
def test_tensorboard_writer_without_step(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for value in (1.0, 2.0):
            writer.add_scalar("loss", value)
    assert scalars(tmp_path) == {"loss": [(0, 1.0), (0, 2.0)]}


@pytest.mark.claim(
    "training/monitor#tensorboard-writer",
    "puts both curves into one chart, but makes a run of its own for each",
)
def test_tensorboard_writer_add_scalars(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("loss", {"train": 1.0, "val": 2.0}, 0)
    runs = runs_of(tmp_path)
    assert runs.pop(".") == set()
    assert runs == {"loss_train": {"loss"}, "loss_val": {"loss"}}


@pytest.mark.claim(
    "training/monitor#tensorboard-writer",
    "writes to a folder below runs that is named after the time and the host",
)
def test_tensorboard_writer_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SummaryWriter().close()
    (log_dir,) = Path("runs").iterdir()
    moment, _, host = log_dir.name.partition("_")
    assert moment == time.strftime("%b%d") and host.endswith(f"_{socket.gethostname()}")


@pytest.mark.claim(
    "training/monitor#tensorboard-writer",
    "writer.flush() after each epoch limits the loss when the process is killed",
    "Without with or close(), the last ones can be lost",
)
@pytest.mark.parametrize(("end", "kept"), [("close", 6), ("flush", 5), (None, 0)])
def test_tensorboard_writer_killed(tmp_path, end, kept):
    pid = os.fork()
    if pid == 0:
        writer = SummaryWriter(tmp_path)
        for step in range(5):
            writer.add_scalar("loss", 1.0, step)
        if end == "flush":
            writer.flush()
        writer.add_scalar("loss", 1.0, 5)
        if end == "close":
            writer.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert len(scalars(tmp_path).get("loss", [])) == kept


@pytest.mark.claim(
    "training/monitor#tensorboard-writer", "Points wait in a queue for a background thread"
)
def test_tensorboard_writer_thread(tmp_path):
    # "even at a normal exit": Python does not wait for a daemon
    before = set(threading.enumerate())
    with SummaryWriter(tmp_path):
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon


@pytest.mark.claim("training/monitor#tensorboard-writer", "A tensor is fetched to the CPU")
def test_tensorboard_writer_tensor(tmp_path, monkeypatch):
    fetched, cpu = [], torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: fetched.append(t) or cpu(t))
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("number", 1.0, 0)
        assert not fetched
        writer.add_scalar("tensor", torch.tensor(2.0, requires_grad=True), 0)
    assert len(fetched) == 1
    assert scalars(tmp_path) == {"number": [(0, 1.0)], "tensor": [(0, 2.0)]}


def test_tensorboard_writer_command():
    command = Path(sys.executable).with_name("tensorboard")
    answer = subprocess.run([command, "--helpfull"], capture_output=True, text=True, check=True)
    assert "--logdir" in answer.stdout


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No account; whoever goes to the network is heard by the socket."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith(("WANDB_", "XDG_"))]:
        monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = "http://{}:{}".format(*server.getsockname())
        for name in ("WANDB_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, address)
        yield server


def wandb_command(*arguments):
    command = Path(sys.executable).with_name("wandb")
    answer = subprocess.run([command, *arguments], capture_output=True, text=True, check=True)
    return answer.stdout + answer.stderr


@pytest.mark.claim(
    "training/monitor#experiment-tracking",
    "A tracker keeps the configuration and the environment as well as the curves",
    "needs no account and no network",
    "It writes each training to a folder wandb/offline-run-…",
    "wandb leet inspect --summary with the .wandb file of that folder",
    "To upload it, use wandb sync",
)
def test_experiment_tracking(run, temporary, offline, monkeypatch):
    names = run("training/monitor/experiment_tracking.py")
    with pytest.raises(BlockingIOError):  # nobody knocked
        offline.accept()
    assert names["run"].offline
    folder = Path(os.environ["WANDB_DIR"])
    (log,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    records = [json.loads(x) for x in wandb_command("leet", "inspect", "--json", log).splitlines()]
    assert '"environment"' in json.dumps(records)
    steps = [r for r in records if r.get("type") == "history"]
    assert len(steps) == 3
    summary = wandb_command("leet", "inspect", "--summary", log)
    for line in ("project  demo", "lr          0.1", "batch_size  64", "loss/train  0.25"):
        assert line in summary
    for line in ("finished", "epoch       2"):
        assert line in summary
    monkeypatch.chdir(folder)
    monkeypatch.delenv("WANDB_DIR")
    monkeypatch.delenv("WANDB_SILENT")  # it silences the answer too
    assert "Would sync 1 run" in wandb_command("sync", "--dry-run")


@pytest.mark.claim(
    "training/monitor#experiment-tracking",
    "set the environment variable WANDB_MODE=offline; an explicit mode= takes precedence",
)
def test_experiment_tracking_environment_variable(tmp_path, offline, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    quiet = wandb.Settings(silent=True)
    with wandb.init(project="demo", dir=tmp_path, settings=quiet) as run:
        assert run.offline
    with wandb.init(project="demo", dir=tmp_path, settings=quiet, mode="disabled") as run:
        assert run.disabled


@pytest.mark.claim(
    "training/monitor#experiment-tracking",
    "in a batch job, which has none, it raises UsageError: No API key configured",
)
def test_experiment_tracking_online_by_default(tmp_path, offline):
    with pytest.raises(wandb.errors.UsageError, match="No API key configured"):
        wandb.init(project="demo", dir=tmp_path)


@pytest.mark.claim(
    "training/monitor#experiment-tracking",
    "Without a login, wandb.init() asks in a terminal",
)
def test_experiment_tracking_in_a_terminal(tmp_path, offline):
    pid, terminal = pty.fork()
    if pid == 0:
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        with contextlib.suppress(BaseException):
            wandb.init(project="demo", dir=tmp_path)
        os._exit(0)
    said = b""
    with contextlib.suppress(OSError):  # the terminal is gone
        while b"Enter your choice" not in said and select.select([terminal], [], [], 60)[0]:
            said += os.read(terminal, 4096)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert b"Use an existing W&B account" in said and b"Enter your choice" in said
