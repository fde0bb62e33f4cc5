import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch  # noqa: F401
import wandb
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from torch.utils.tensorboard import SummaryWriter


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the snippet's temporary folder is, and stays after it."""
    path = tmp_path / "folder"
    path.mkdir()
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda: nullcontext(str(path)))
    return path


def scalars(log_dir):
    events = EventAccumulator(str(log_dir)).Reload()
    return {
        tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_tensorboard_writer(run, folder):
    names = run("training/monitor/tensorboard_writer.py")
    assert {path.name for path in folder.iterdir()} == {"lr=0.1", "lr=0.01"}
    for lr in (0.1, 0.01):
        points = scalars(folder / f"lr={lr}")
        losses = [(1 - lr) ** step for step in range(100)]
        assert points.keys() == {"loss/train", "loss/val"}
        for tag, factor in ("loss/train", 1.0), ("loss/val", 1.1):
            assert [step for step, _ in points[tag]] == list(range(100))
            assert [v for _, v in points[tag]] == pytest.approx([factor * x for x in losses])
        # "all tags of one training are in one event file"
        (event_file,) = (folder / f"lr={lr}").iterdir()
        assert event_file.name.startswith("events.out.tfevents")
    assert names["writer"].file_writer is None  # closed
    # "give each its own folder": TensorBoard sees two runs
    assert EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload().Runs().keys() == {
        "lr=0.1",
        "lr=0.01",
    }


def test_tensorboard_writer_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SummaryWriter().close()
    (log_dir,) = Path("runs").iterdir()
    assert log_dir.name.endswith(f"_{socket.gethostname()}")


@pytest.mark.parametrize("closed", [True, False])
def test_tensorboard_writer_killed(tmp_path, closed):
    # "call close(), or the last points are lost when the process is killed"
    pid = os.fork()
    if pid == 0:
        writer = SummaryWriter(tmp_path)
        for step in range(5):
            writer.add_scalar("loss", 1.0, step)
        if closed:
            writer.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert len(scalars(tmp_path).get("loss", [])) == (5 if closed else 0)


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


def test_experiment_tracking(run, folder, offline, tmp_path):
    names = run("training/monitor/experiment_tracking.py")
    with pytest.raises(BlockingIOError):  # nobody knocked
        offline.accept()
    assert names["run"].offline and not (tmp_path / "home").exists()
    (log,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    # what the file holds, read with another program
    records = [json.loads(x) for x in wandb_command("leet", "inspect", "--json", log).splitlines()]
    text = json.dumps(records)
    assert '"environment"' in text  # "the configuration and the environment"
    steps = [r for r in records if r.get("type") == "history"]
    assert len(steps) == 3
    summary = wandb_command("leet", "inspect", "--summary", log)
    for line in ("project  demo", "lr          0.1", "batch_size  64", "loss/train  0.25"):
        assert line in summary
    for line in ("finished", "epoch       2"):
        assert line in summary


def test_experiment_tracking_later(run, folder, offline, monkeypatch):
    run("training/monitor/experiment_tracking.py")
    monkeypatch.chdir(folder)
    assert "Would sync 1 run" in wandb_command("sync", "--dry-run")


def test_experiment_tracking_environment_variable(tmp_path, offline, monkeypatch):
    # "set the environment variable WANDB_MODE=offline"
    monkeypatch.setenv("WANDB_MODE", "offline")
    with wandb.init(project="demo", dir=tmp_path, settings=wandb.Settings(silent=True)) as run:
        assert run.offline


def test_experiment_tracking_online_by_default(tmp_path, offline):
    with pytest.raises(wandb.errors.UsageError, match="No API key configured"):
        wandb.init(project="demo", dir=tmp_path)
