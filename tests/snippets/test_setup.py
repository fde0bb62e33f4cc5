import gc
import importlib.util
import os
import platform
import random
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from cheatsheet.execution import execute, in_child
from cheatsheet.snippet import SNIPPETS

CPU = torch.device("cpu")


def no_gpu(*, check_available=False):
    assert check_available
    return None


@pytest.fixture
def moved(monkeypatch):
    """The devices that modules are sent to."""
    devices, to = [], nn.Module.to

    def watched(self, device):
        devices.append(device)
        return to(self, device)

    monkeypatch.setattr(nn.Module, "to", watched)
    return devices


def fake_program(folder, name, text):
    """Put a shell script into `folder` and return the environment that finds it first."""
    program = folder / name
    program.write_text(f"#!/bin/bash\n{text}\n")
    program.chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


# versions


def test_versions(run):
    report = run("setup/versions.py")["report"]
    assert "torchvision" not in sys.modules  # "reads the version without importing"
    assert report["python"] == platform.python_version() == sys.version.split()[0]
    assert report["torch"] == torch.__version__
    assert report["cuda build"] == torch.version.cuda
    assert report["cudnn"] == torch.backends.cudnn.version()
    import torchvision

    assert torchvision.__version__.startswith(report["torchvision"])


@pytest.mark.parametrize("available", [True, False])
def test_versions_names_the_gpu_only_if_there_is_one(run, monkeypatch, available):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H100")
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 92400)
    report = run("setup/versions.py")["report"]
    assert report["gpu"] == ("H100" if available else None)
    # "does not mean that the machine has a usable GPU"
    assert report["cuda build"] == torch.version.cuda


def test_versions_get_device_name_needs_a_gpu(without_gpu):
    with pytest.raises((RuntimeError, AssertionError)):
        torch.cuda.get_device_name()


def test_versions_collect_env():
    assert importlib.util.find_spec("torch.utils.collect_env")
    report = torch.utils.collect_env.get_env_info()
    assert report.torch_version == torch.__version__


# reproducibility


def test_reproducibility(run, moved, monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    torch.backends.cudnn.benchmark = True
    names = run("setup/reproducibility.py")
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cudnn.benchmark is False

    assert set(moved) == {names["device"]}

    step = names["step"]
    torch.rand(3), np.random.rand(3), random.random()
    assert step(0) == step(0)
    assert all(a != b for a, b in zip(step(0), step(1), strict=True))


def test_reproducibility_sets_the_workspace_before_cuda_is_asked_for(run, monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    seen = []

    def spy(*, check_available=False):
        seen.append(os.environ.get("CUBLAS_WORKSPACE_CONFIG"))

    monkeypatch.setattr(torch.accelerator, "current_accelerator", spy)
    run("setup/reproducibility.py")
    assert seen == [":4096:8"]
    # "torch no longer checks it"
    assert "CUBLAS_WORKSPACE_CONFIG" not in torch.use_deterministic_algorithms.__doc__


def draws_after(seed):
    execute(SNIPPETS / "setup/reproducibility.py").names["seed_everything"](seed)
    return random.random(), np.random.rand(), torch.rand(2).tolist()


def test_reproducibility_in_two_processes():
    assert in_child(draws_after, 0) == in_child(draws_after, 0)


def test_reproducibility_dataloader(run):
    names = run("setup/reproducibility_dataloader.py")
    first, epoch = names["first"], names["epoch"]
    order = [index for index, _ in first]
    assert sorted(order) == list(range(8)) != order  # shuffled
    generator = torch.Generator().manual_seed(0)
    assert order == [*map(int, DataLoader(range(8), shuffle=True, generator=generator))]
    nn.Linear(3, 3)
    assert epoch() == first  # "random numbers drawn elsewhere cannot change its order"

    with_workers = epoch(num_workers=2)
    assert [index for index, _ in with_workers] == order and with_workers != first
    torch.manual_seed(9)
    assert epoch(num_workers=2) == with_workers
    noise = [value for _, value in with_workers]
    assert len(set(noise)) == 8  # the two workers draw different noise

    # "otherwise all workers draw the same noise"
    noise = [value.item() for _, value in DataLoader(names["Noisy"](), num_workers=2)]
    assert noise[0::2] == noise[1::2]


def test_reproducibility_dataloader_draws_elsewhere_between_its_epochs(run, monkeypatch):
    drawn, rand = [], torch.rand
    monkeypatch.setattr(torch, "rand", lambda *size: drawn.append(size) or rand(*size))
    run("setup/reproducibility_dataloader.py")
    assert drawn


def test_reproducibility_dataloader_without_a_generator():
    def order(layers):
        torch.manual_seed(0)
        for _ in range(layers):
            nn.Linear(3, 3)
        return [x.item() for (x,) in DataLoader(TensorDataset(torch.arange(32)), shuffle=True)]

    assert order(0) == order(0) != order(1)


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return random.random(), np.random.rand(), torch.rand(()).item()


def test_reproducibility_workers_are_seeded_automatically():
    def epoch():
        random.seed(), np.random.seed(), torch.seed()
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(Draws(), batch_size=None, num_workers=2, generator=generator)
        return list(loader)

    first = epoch()
    assert epoch() == first
    assert all(a != b for a, b in zip(first[0], first[1], strict=True))  # two workers


def test_reproducibility_manual_seed_covers_every_gpu(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    torch.manual_seed(7)
    assert seeds == [7]


def test_reproducibility_default_rng_ignores_the_numpy_seed():
    def draw(*seed):
        np.random.seed(0)
        return np.random.default_rng(*seed).random()

    assert draw() != draw()
    assert draw(0) == draw(0)


def test_reproducibility_refuses_nondeterministic_operations(run):
    run("setup/reproducibility.py")
    x, where, values = torch.zeros(3), torch.tensor([0]), torch.ones(1)
    with pytest.raises(RuntimeError, match="does not have a deterministic implementation"):
        x.put_(where, values)
    torch.use_deterministic_algorithms(True, warn_only=True)
    with pytest.warns(UserWarning, match="does not have a deterministic implementation"):
        x.put_(where, values)
    assert x[0] == 1


def test_reproducibility_depends_on_the_number_of_threads():
    def total(n):
        torch.set_num_threads(n)
        return [x.sum().item() for x in batches]

    batches = [torch.rand(1_000_003, generator=torch.manual_seed(i)) for i in range(10)]
    assert total(1) == total(1)
    assert any(total(1) != total(n) for n in (2, 3, 4))
    assert total(1) == pytest.approx(total(4))  # only the last digits differ


# device


def test_device(run):
    names = run("setup/device.py")
    device, gpu = names["device"], torch.accelerator.current_accelerator(check_available=True)
    assert device == (gpu or CPU)
    assert names["x"].device.type == names["y"].device.type == device.type
    assert {p.device.type for p in names["model"].parameters()} == {device.type}
    assert len({p.device for p in names["model"].parameters()}) == 1  # "is one GPU"


def test_device_without_an_accelerator(run, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", no_gpu)
    assert run("setup/device.py")["device"] == CPU


def test_device_takes_model_and_data_to_the_accelerator(run, monkeypatch):
    meta = torch.device("meta")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: meta)
    names = run("setup/device.py")
    assert {names["x"].device, names["y"].device, names["model"].weight.device} == {meta}


def test_device_check_available(without_gpu):
    assert torch.accelerator.current_accelerator(check_available=True) is None
    if torch.version.cuda:  # "a CUDA build returns cuda even on a machine without a GPU"
        assert torch.accelerator.current_accelerator().type == "cuda"


# visible-devices


def test_visible_devices(run, monkeypatch):
    # "the variable overwrites a value that came from outside"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    run("setup/visible_devices.py")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert torch.cuda._parse_visible_devices() == [0, 1]


def test_visible_devices_are_set_before_torch_is_imported(tmp_path):
    (tmp_path / "torch.py").write_text(
        "import os\n"
        "print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['CUDA_DEVICE_ORDER'])\n"
        "class cuda:\n"
        "    device_count = staticmethod(lambda: 2)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", (SNIPPETS / "setup/visible_devices.py").read_text()],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "0,1 PCI_BUS_ID"


@pytest.mark.parametrize(("value", "visible"), [("2,3", [2, 3]), ("1,0", [1, 0]), ("", [])])
def test_visible_devices_are_renumbered(monkeypatch, value, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert torch.cuda._parse_visible_devices() == visible  # position 0 is cuda:0


def test_visible_devices_shell_sets_each_command_only(tmp_path):
    show = 'echo "${CUDA_VISIBLE_DEVICES-unset} ${CUDA_DEVICE_ORDER-unset}"'
    environ = fake_program(tmp_path, "python", show)
    environ.pop("CUDA_VISIBLE_DEVICES", None)
    script = (SNIPPETS / "setup/visible_devices_shell.sh").read_text()
    done = subprocess.run(
        ["bash", "-c", f"{script}\npython"], env=environ, capture_output=True, text=True, check=True
    )
    # "the value holds for that one command"
    assert done.stdout.splitlines() == ["0,1 PCI_BUS_ID", " unset", "unset unset"]


def test_visible_devices_shell_runs():
    folder = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-e", SNIPPETS / "setup/visible_devices_shell.sh"],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0,1\n", "")


# free-memory


def test_free_memory(run, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "empty_cache", lambda: pytest.fail("no accelerator"))
    monkeypatch.setattr(torch.accelerator, "current_accelerator", no_gpu)
    names = run("setup/free_memory.py")
    assert isinstance(names["alive"], weakref.ref)
    assert names["alive"]() is None
    assert not {"x", "history"} & names.keys()


def test_free_memory_shows_a_cycle_that_only_the_collector_frees(run, monkeypatch):
    gc.disable()
    monkeypatch.setattr(gc, "collect", lambda: 0)
    assert run("setup/free_memory.py")["alive"]() is not None


def test_free_memory_empties_the_cache_last(run, monkeypatch):
    tensors, calls = [], []
    ones = torch.ones

    def watched(*size, **options):
        x = ones(*size, **options)
        tensors.append(weakref.ref(x))
        return x

    monkeypatch.setattr(torch, "ones", watched)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: CPU)
    monkeypatch.setattr(torch.accelerator, "empty_cache", lambda: calls.append(tensors[0]()))
    run("setup/free_memory.py")
    assert calls == [None]  # called once, when the tensor was gone


def test_free_memory_needs_every_reference_and_the_collector():
    x = torch.ones(4)
    alive, also = weakref.ref(x), x
    del x
    gc.collect()
    torch.cuda.empty_cache()
    assert alive() is not None  # "does not free a tensor that is still referenced"
    del also
    assert alive() is None

    gc.disable()
    x = torch.ones(4)
    alive, cycle = weakref.ref(x), [x]
    cycle.append(cycle)
    del x, cycle
    assert alive() is not None
    gc.collect()
    assert alive() is None


def test_free_memory_empty_cache_is_for_other_programs():
    doc = " ".join(torch.cuda.empty_cache.__doc__.split())
    assert "Release all unoccupied cached memory" in doc
    assert "so that those can be used in other GPU application" in doc
    assert "doesn't increase the amount of GPU memory available for PyTorch" in doc


def test_free_memory_a_caught_exception_keeps_tensors():
    def fail():
        x = torch.ones(4)
        tensors.append(weakref.ref(x))
        raise RuntimeError("out of memory")

    tensors = []
    try:
        fail()
    except RuntimeError:
        assert tensors[0]() is not None
    assert tensors[0]() is None  # "clean up after the except block"


def test_free_memory_process_asks_first(tmp_path):
    script = (SNIPPETS / "setup/free_memory_process.console").read_text()
    environ = fake_program(tmp_path, "nvidia-smi", 'echo "$@"')
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True)
    # nothing is ended as long as no PID is filled in
    assert done.stdout.split() == [
        "--query-compute-apps=pid,process_name,used_memory",
        "--format=csv",
    ]
    assert done.returncode != 0
    assert "PID: parameter null or not set" in done.stderr


@pytest.mark.parametrize(
    ("program", "ended_by"),
    [
        ("echo ready; exec sleep 60", signal.SIGTERM),
        ("trap '' TERM; echo ready; while :; do sleep 0.1; done", signal.SIGKILL),
    ],
)
def test_free_memory_process_asks_before_it_kills(tmp_path, program, ended_by):
    victim = subprocess.Popen(["bash", "-c", program], stdout=subprocess.PIPE, text=True)
    assert victim.stdout.readline() == "ready\n"
    script = (SNIPPETS / "setup/free_memory_process.console").read_text()
    assert "\nPID= " in script
    assert "\nsleep 10\n" in script
    script = script.replace("\nPID= ", f"\nPID={victim.pid} ").replace(
        "\nsleep 10\n", "\nsleep 0.3\n"
    )
    environ = fake_program(tmp_path, "nvidia-smi", "")
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True)
    assert str(os.getpid()) not in done.stdout
    assert "bash" in done.stdout or "sleep" in done.stdout  # ps shows whose process it is
    assert victim.wait(timeout=10) == -ended_by


# cudnn-benchmark


def test_cudnn_benchmark(run, moved, monkeypatch):
    assert torch.backends.cudnn.benchmark is False  # "off by default"
    settings, forward = [], nn.Conv2d.forward

    def watched(self, x):
        flags = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
        settings.append(flags)
        return forward(self, x)

    monkeypatch.setattr(nn.Conv2d, "forward", watched)
    names = run("setup/cudnn_benchmark.py")
    assert settings == [(True, False), (False, True), (False, True)]
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.equal(names["weight_grad"](), names["weight_grad"]())
    assert names["weight_grad"]().shape == names["conv"].weight.shape
    assert moved == [names["device"]]
    assert names["x"].device.type == names["device"].type


def test_cudnn_benchmark_deterministic_is_not_enough():
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True
    assert torch.backends.cudnn.benchmark is True  # "does not turn benchmark off"
    assert not torch.are_deterministic_algorithms_enabled()  # "nor reach other operations"


def test_cudnn_benchmark_for_one_stretch_of_code():
    cudnn = torch.backends.cudnn
    with cudnn.flags(enabled=True, benchmark=True):
        assert (cudnn.enabled, cudnn.benchmark) == (True, True)
    assert (cudnn.enabled, cudnn.benchmark) == (True, False)
    with cudnn.flags(benchmark=True):
        assert cudnn.enabled is False  # "without enabled=True, cuDNN is off"
