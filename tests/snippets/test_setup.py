import code
import gc
import importlib.metadata
import importlib.util
import os
import platform
import random
import signal
import subprocess
import sys
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    TensorDataset,
    get_worker_info,
    random_split,
)

from harness import SNIPPETS, execute, in_child

CPU = torch.device("cpu")


def no_gpu(*, check_available=False):
    assert check_available
    return None


def fake_program(folder, name, text):
    """Put a shell script into `folder` and return the environment that finds it first."""
    program = folder / name
    program.write_text(f"#!/bin/bash\n{text}\n")
    program.chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


def bash(script, environ):
    return subprocess.run(
        ["bash", "-c", script], env=environ, capture_output=True, text=True, check=False
    )


# versions


@pytest.mark.claim("setup#versions", "It also runs without a GPU", "and prints []")
def test_versions(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: pytest.fail("no GPU"))
    assert execute(SNIPPETS / "setup/versions.py").stdout.splitlines() == [
        f"Python {sys.version.split()[0]}",
        f"torch {torch.__version__}",
        f"CUDA {torch.version.cuda}",
        f"cuDNN {torch.backends.cudnn.version()}",
        "GPUs []",
    ]


def test_versions_names_every_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda i: f"H{i}00")
    assert execute(SNIPPETS / "setup/versions.py").stdout.endswith("GPUs ['H000', 'H100']\n")


def test_versions_of_a_build_without_cuda(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: None)
    assert "\nCUDA None\ncuDNN None\n" in execute(SNIPPETS / "setup/versions.py").stdout


@pytest.mark.claim(
    "setup#versions",
    "is the CUDA version that torch was built with, and does not mean that a GPU is usable",
    "Where torch.cuda.is_available() is False, torch.cuda.get_device_name() raises",
)
def test_versions_cuda_is_that_of_the_build(without_gpu):
    if torch.version.cuda:
        assert f"cu{torch.version.cuda.replace('.', '')}" in torch.__version__
    assert not torch.cuda.is_available()
    with pytest.raises((RuntimeError, AssertionError)):
        torch.cuda.get_device_name()


@pytest.mark.claim(
    "setup#versions",
    "reads the version of another package without importing it, "
    "and raises PackageNotFoundError where the package is missing",
)
def test_versions_of_another_package(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    read = importlib.metadata.version("torchvision")
    assert "torchvision" not in sys.modules
    monkeypatch.undo()
    import torchvision

    assert torchvision.__version__.startswith(read)
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("no-such-package")


@pytest.mark.claim(
    "setup#versions",
    "Torch not compiled with CUDA enabled: this build of torch lacks CUDA",
)
def test_versions_of_a_build_for_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "_initialized", False)
    monkeypatch.delattr(torch._C, "_cuda_getDeviceCount", raising=False)
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.cuda.init()


@pytest.mark.claim("setup#versions", "the full report of python -m torch.utils.collect_env")
def test_versions_collect_env():
    assert importlib.util.find_spec("torch.utils.collect_env")
    report = torch.utils.collect_env.get_env_info()
    assert report.torch_version == torch.__version__
    assert platform.python_version() in report.python_version


# reproducibility


def test_reproducibility(run):
    torch.backends.cudnn.benchmark = True
    names = run("setup/reproducibility.py")
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cudnn.benchmark is False

    def draw():
        return random.random(), np.random.rand(), torch.rand(2).tolist()

    seed_everything = names["seed_everything"]
    seed_everything(0)
    first, after = draw(), draw()
    seed_everything(0)
    assert draw() == first != after
    seed_everything(1)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def trained():
    execute(SNIPPETS / "setup/reproducibility.py")
    model = nn.Sequential(nn.Linear(8, 4), nn.Dropout(), nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters())
    data = TensorDataset(torch.randn(32, 8) + random.random() + np.random.rand())
    for (x,) in DataLoader(data, batch_size=8, shuffle=True):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return [p.tolist() for p in model.parameters()]


@pytest.mark.claim("setup#reproducibility", "two runs then usually agree to the last digit")
def test_reproducibility_in_two_processes():
    assert in_child(trained) == in_child(trained)


@pytest.mark.claim("setup#reproducibility", "before the model and the data loader are made")
def test_reproducibility_seeds_before_the_model_is_made(run):
    seed_everything = run("setup/reproducibility.py")["seed_everything"]

    def weights(*, late):
        late or seed_everything(0)
        model = nn.Linear(3, 3)
        late and seed_everything(0)
        return model.weight.tolist()

    assert weights(late=False) == weights(late=False)
    assert weights(late=True) != weights(late=True)


@pytest.mark.claim(
    "setup#reproducibility",
    "It determines the order of shuffle=True and the seeds of the workers, "
    "whatever is drawn elsewhere",
)
def test_reproducibility_dataloader(run):
    names = run("setup/reproducibility_dataloader.py")
    noise, epoch = names["noise"], names["epoch"]
    assert len(set(noise)) == 12  # neither worker repeats the other
    torch.manual_seed(9), np.random.seed(9)
    nn.Linear(3, 3)
    assert epoch(seed=0) == noise
    assert not set(epoch(seed=1)) & set(noise)


def test_reproducibility_dataloader_in_the_second_epoch_and_in_this_process(run):
    dataset = run("setup/reproducibility_dataloader.py")["Noisy"]()
    for num_workers in (0, 2):
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(dataset, num_workers=num_workers, generator=generator)
        both = [noise.item() for _ in range(2) for _, noise in loader]
        assert len(set(both)) == 32  # new noise in each epoch


def test_reproducibility_dataloader_draws_elsewhere_between_its_epochs(run, monkeypatch):
    drawn, rand = [], torch.rand
    monkeypatch.setattr(torch, "rand", lambda *size: drawn.append(size) or rand(*size))
    run("setup/reproducibility_dataloader.py")
    assert drawn


def test_reproducibility_dataloader_without_a_generator():
    def order(layers, generator=None):
        torch.manual_seed(0)
        for _ in range(layers):
            nn.Linear(3, 3)
        loader = DataLoader(TensorDataset(torch.arange(32)), shuffle=True, generator=generator)
        return [x.item() for (x,) in loader]

    def with_generator(layers):
        return order(layers, torch.Generator().manual_seed(0))

    assert order(0) == order(0) != order(1)
    assert with_generator(0) == with_generator(1)


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return random.random(), np.random.rand(), torch.rand(()).item()


@pytest.mark.claim(
    "setup#reproducibility",
    "In workers, random, np.random, and torch are seeded automatically",
    "Another num_workers gives other numbers",
)
def test_reproducibility_workers_are_seeded_automatically():
    def epoch(num_workers=2):
        random.seed(), np.random.seed(), torch.seed()
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(Draws(), batch_size=None, num_workers=num_workers, generator=generator)
        return list(loader)

    first = epoch()
    assert epoch() == first != epoch(num_workers=1)
    assert all(a != b for a, b in zip(first[0], first[1], strict=True))  # two workers


class Kept(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return self.rng.random()


def remedy(worker_id):
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)


@pytest.mark.claim(
    "setup#reproducibility",
    "each worker gets a copy of it, and all draw the same noise",
    "The common remedy, info.dataset.rng = … in worker_init_fn, "
    "fails silently behind random_split: get_worker_info().dataset is a Subset then",
)
def test_reproducibility_a_generator_kept_in_the_dataset():
    def repeats(dataset, worker_init_fn=None):
        loader = DataLoader(dataset, batch_size=None, num_workers=2, worker_init_fn=worker_init_fn)
        noise = list(loader)
        return noise[0::2] == noise[1::2]

    part, _ = random_split(Kept(), [6, 2])
    assert repeats(Kept()) and repeats(part)
    assert not repeats(Kept(), remedy)
    assert repeats(part, remedy)  # no error, and no remedy


@pytest.mark.claim("setup#reproducibility", "torch.manual_seed() covers all GPUs")
def test_reproducibility_manual_seed_covers_every_gpu(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    torch.manual_seed(7)
    assert seeds == [7]


@pytest.mark.claim(
    "setup#reproducibility",
    "Generators of your own, torch.Generator() and np.random.default_rng(), "
    "take seeds of their own",
)
def test_reproducibility_generators_of_your_own(run):
    seed_everything = run("setup/reproducibility.py")["seed_everything"]

    def draw(*seed):
        seed_everything(0)
        return np.random.default_rng(*seed).random()

    assert draw() != draw()
    assert draw(0) == draw(0)
    generator = torch.Generator()
    first = torch.rand(1, generator=generator)
    seed_everything(0)
    second = torch.rand(1, generator=generator)
    assert first != second
    assert torch.rand(1, generator=torch.Generator()) == first  # ever the same seed, not ours
    assert torch.rand(1, generator=generator.manual_seed(0)) != first


@pytest.mark.claim(
    "setup#reproducibility",
    "makes torch choose deterministic implementations. An operation known to have none raises "
    "RuntimeError, or warns with warn_only=True",
)
def test_reproducibility_refuses_nondeterministic_operations(run):
    run("setup/reproducibility.py")
    x, where, values = torch.zeros(3), torch.tensor([0]), torch.ones(1)
    with pytest.raises(RuntimeError, match="does not have a deterministic implementation"):
        x.put_(where, values)
    torch.use_deterministic_algorithms(True, warn_only=True)
    with pytest.warns(UserWarning, match="does not have a deterministic implementation"):
        x.put_(where, values)
    assert x[0] == 1
    # those that have a deterministic implementation need a GPU: what torch says of them
    doc = torch.use_deterministic_algorithms.__doc__
    acts, _, throws = doc.partition("operations will throw")
    assert "index_add` when called on CUDA tensor" in acts and "put_" in throws


@pytest.mark.claim(
    "setup#reproducibility",
    "the order of a set of strings, which changes from run to run unless PYTHONHASHSEED is set",
)
def test_reproducibility_order_of_a_set():
    def order(**environ):
        return subprocess.run(
            [sys.executable, "-S", "-c", "print(list({str(i) for i in range(99)}))"],
            env=environ,
            capture_output=True,
            check=True,
        ).stdout

    assert order() != order()
    assert order(PYTHONHASHSEED="0") == order(PYTHONHASHSEED="0")


@pytest.mark.claim("setup#reproducibility", "another number of CPU threads its last digits")
def test_reproducibility_depends_on_the_number_of_threads():
    def total(n):
        torch.set_num_threads(n)
        return [x.sum().item() for x in batches]

    batches = [torch.rand(1_000_003, generator=torch.manual_seed(i)) for i in range(10)]
    assert total(1) == total(1)
    assert any(total(1) != total(n) for n in (2, 3, 4))
    assert total(1) == pytest.approx(total(4))  # only the last digits differ


@pytest.mark.claim("setup#reproducibility", "torch no longer checks it")
def test_reproducibility_workspace_of_cublas():
    assert "CUBLAS_WORKSPACE_CONFIG" not in torch.use_deterministic_algorithms.__doc__


# device


@pytest.mark.claim(
    "setup#device",
    "These two lines pick the accelerator (CUDA, ROCm, MPS, XPU, …) if there is one",
    "A model does not spread to the others by itself",
)
def test_device(run):
    names = run("setup/device.py")
    device, gpu = names["device"], torch.accelerator.current_accelerator(check_available=True)
    assert device == (gpu or CPU)
    assert names["x"].device.type == names["y"].device.type == device.type
    assert len({p.device for p in names["model"].parameters()}) == 1


@pytest.mark.claim("setup#device", "and the CPU otherwise")
def test_device_without_an_accelerator(run, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", no_gpu)
    assert run("setup/device.py")["device"] == CPU


def test_device_takes_model_and_data_to_the_accelerator(run, monkeypatch):
    meta = torch.device("meta")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: meta)
    names = run("setup/device.py")
    assert {names["x"].device, names["y"].device, names["model"].weight.device} == {meta}


@pytest.mark.claim(
    "setup#device",
    "Without it, a CUDA build of torch returns cuda even on a machine without a GPU",
)
def test_device_check_available(without_gpu):
    assert torch.accelerator.current_accelerator(check_available=True) is None
    if torch.version.cuda:
        assert torch.accelerator.current_accelerator().type == "cuda"


@pytest.mark.claim(
    "setup#device",
    "cuda and cuda:0 are not equal",
    'cuda is one GPU, the current one; torch.device("cuda", 1) is the second',
)
def test_device_names():
    current, first = torch.device("cuda"), torch.device("cuda:0")
    assert current != first and current.type == first.type
    assert current.index is None and torch.device("cuda", 1).index == 1


# visible-devices


@pytest.mark.claim("setup#visible-devices", "setdefault keeps a value from outside")
def test_visible_devices(run, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    run("setup/visible_devices.py")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert torch.cuda._parse_visible_devices() == [0, 1]
    # as a scheduler sets it, or a reader who hides every GPU
    for outside in ("3", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", outside)
        run("setup/visible_devices.py")
        assert os.environ["CUDA_VISIBLE_DEVICES"] == outside


@pytest.mark.claim("setup#visible-devices", "Set the variable before import torch")
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


@pytest.mark.claim(
    "setup#visible-devices",
    "The visible GPUs are renumbered from 0: after 2,3, cuda:0 is GPU 2",
)
@pytest.mark.parametrize(("value", "visible"), [("2,3", [2, 3]), ("1,0", [1, 0]), ("", [])])
def test_visible_devices_are_renumbered(monkeypatch, value, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert torch.cuda._parse_visible_devices() == visible  # position 0 is cuda:0


@pytest.mark.claim("setup#visible-devices", "which NVIDIA GPUs that one command can see")
def test_visible_devices_shell_sets_each_command_only(tmp_path):
    show = 'echo "$* ${CUDA_VISIBLE_DEVICES-unset} ${CUDA_DEVICE_ORDER-unset}"'
    environ = fake_program(tmp_path, "python", show)
    environ.pop("CUDA_VISIBLE_DEVICES", None)
    script = (SNIPPETS / "setup/visible_devices_shell.console").read_text()
    assert bash(f"{script}\npython", environ).stdout.splitlines() == [
        "train.py 0,1 unset",
        "train.py 0,1 PCI_BUS_ID",
        "train.py  unset",
        " unset unset",
    ]


# free-memory


@pytest.mark.claim(
    "setup#free-memory",
    "del every reference, run gc.collect(), then call empty_cache()",
)
def test_free_memory(monkeypatch):
    layers, calls = [], []

    class Watched(nn.Linear):
        def __init__(self, *size):
            super().__init__(*size)
            layers.append(weakref.ref(self.weight))

    def call(name, value):
        return lambda: calls.append((name, layers[0]())) or value

    monkeypatch.setattr(nn, "Linear", Watched)
    monkeypatch.setattr(torch.cuda, "empty_cache", call("empty_cache", None))
    monkeypatch.setattr(torch.cuda, "memory_allocated", call("memory_allocated", 2**20))
    monkeypatch.setattr(torch.cuda, "memory_reserved", call("memory_reserved", 3 * 2**19))
    done = execute(SNIPPETS / "setup/free_memory.py")
    assert calls == [  # in this order, when the weights were gone
        ("empty_cache", None),
        ("memory_allocated", None),
        ("memory_reserved", None),
    ]
    assert done.stdout == "1.0 MiB in tensors\n1.5 MiB reserved\n"


def test_free_memory_collects_before_it_empties(run, monkeypatch):
    calls = []
    monkeypatch.setattr(gc, "collect", lambda: calls.append("collect"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: calls.append("empty"))
    run("setup/free_memory.py")
    assert calls == ["collect", "empty"]


@pytest.mark.claim(
    "setup#free-memory",
    "A tensor's memory becomes free when nothing refers to it any more. An optimizer refers "
    "to the parameters, a loss to the whole graph, a list to its elements",
)
def test_free_memory_needs_every_reference():
    model, x = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1)), torch.ones(2, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss, batches = model(x).sum(), [x]
    weight, alive = weakref.ref(model[0].weight), weakref.ref(x)
    del model, x
    gc.collect()
    assert weight() is not None and alive() is not None
    del batches
    assert alive() is not None  # the graph has it
    del loss
    assert alive() is None and weight() is not None  # the optimizer has it
    del optimizer
    gc.collect()
    assert weight() is None


@pytest.mark.claim("setup#free-memory", "It does not free a tensor in use")
def test_free_memory_a_cycle_waits_for_the_collector():
    gc.disable()
    x = torch.ones(4)
    alive, cycle = weakref.ref(x), [x]
    cycle.append(cycle)
    del x, cycle
    torch.cuda.empty_cache()
    assert alive() is not None
    gc.collect()
    assert alive() is None


@pytest.mark.claim(
    "setup#free-memory",
    "and does not increase the memory available to PyTorch; at most, it reduces fragmentation",
)
def test_free_memory_empty_cache_is_for_other_programs():
    doc = " ".join(torch.cuda.memory.empty_cache.__doc__.split())  # needs a GPU: what torch says
    assert "so that those can be used in other GPU application" in doc
    assert "doesn't increase the amount of GPU memory available for PyTorch" in doc
    assert "may help reduce fragmentation" in doc


@pytest.mark.claim(
    "setup#free-memory",
    "On a machine without CUDA, empty_cache() does nothing, and the last two calls return 0",
    "torch.accelerator has functions of the same names",
)
def test_free_memory_without_cuda(without_gpu):
    torch.cuda.empty_cache()
    assert torch.cuda.memory_allocated() == torch.cuda.memory_reserved() == 0
    assert not torch.cuda.is_initialized()
    for name in ("empty_cache", "memory_allocated", "memory_reserved"):
        assert callable(getattr(torch.accelerator, name))


@pytest.mark.claim(
    "setup#free-memory",
    "after an uncaught error sys.last_traceback keeps the local variables of the functions "
    "that failed",
)
def test_free_memory_an_uncaught_error_keeps_tensors(capsys):
    shell = code.InteractiveInterpreter({"torch": torch, "weakref": weakref, "tensors": []})
    shell.runsource(
        "def fail():\n"
        "    x = torch.ones(4)\n"
        "    tensors.append(weakref.ref(x))\n"
        "    raise RuntimeError('out of memory')\n",
        symbol="exec",
    )
    shell.runsource("fail()")
    assert "out of memory" in capsys.readouterr().err
    (alive,) = shell.locals["tensors"]
    gc.collect()
    assert alive() is not None
    sys.last_traceback = sys.last_value = sys.last_exc = None
    gc.collect()
    assert alive() is None


@pytest.mark.claim(
    "setup#free-memory",
    "A caught exception keeps local variables too: clean up after the except block, not inside it",
)
def test_free_memory_a_caught_exception_keeps_tensors():
    def fail():
        x = torch.ones(4)
        tensors.append(weakref.ref(x))
        raise RuntimeError("out of memory")

    tensors = []
    try:
        fail()
    except RuntimeError:
        gc.collect()
        assert tensors[0]() is not None
    assert tensors[0]() is None


def test_free_memory_process_asks_first(tmp_path):
    script = (SNIPPETS / "setup/free_memory_process.console").read_text()
    done = bash(script, fake_program(tmp_path, "nvidia-smi", 'echo "$@"'))
    # nothing is ended as long as no PID is filled in
    assert done.stdout.split() == [
        "--query-compute-apps=pid,process_name,used_memory",
        "--format=csv",
    ]
    assert done.returncode != 0
    assert "PID: parameter null or not set" in done.stderr


@pytest.mark.claim("setup#free-memory", "make sure that it is yours, and end it with SIGTERM")
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
    done = bash(script, fake_program(tmp_path, "nvidia-smi", ""))
    assert str(os.getpid()) not in done.stdout
    assert "bash" in done.stdout or "sleep" in done.stdout  # ps shows whose process it is
    assert victim.wait(timeout=10) == -ended_by


# cudnn-benchmark


@pytest.mark.claim("setup#cudnn-benchmark", "benchmark is off by default")
def test_cudnn_benchmark(run):
    assert torch.backends.cudnn.benchmark is False
    run("setup/cudnn_benchmark.py")
    assert torch.backends.cudnn.benchmark is True
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.claim(
    "setup#cudnn-benchmark",
    "For repeatable results, turn it off and ask for deterministic algorithms",
)
def test_cudnn_benchmark_for_repeatable_results():
    source = (SNIPPETS / "setup/cudnn_benchmark.py").read_text(encoding="utf-8")
    assert source.count("deterministic = False") == 1
    torch.backends.cudnn.benchmark = True
    exec(source.replace("deterministic = False", "deterministic = True"), {})
    assert torch.backends.cudnn.benchmark is False
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


@pytest.mark.claim(
    "setup#cudnn-benchmark",
    "it leaves benchmark and all operations outside cuDNN as they are",
    "reaches both kinds of operations, those of cuDNN and the others",
)
def test_cudnn_benchmark_deterministic_is_not_enough():
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True
    assert torch.backends.cudnn.benchmark is True
    x, where = torch.zeros(3), torch.tensor([0])
    x.put_(where, torch.ones(1))  # nondeterministic, and not refused
    torch.use_deterministic_algorithms(True)
    with pytest.raises(RuntimeError, match="deterministic"):
        x.put_(where, torch.ones(1))
    # convolutions need a GPU: what torch says of them
    doc = torch.use_deterministic_algorithms.__doc__
    acts, _, throws = doc.partition("operations will throw")
    assert "torch.nn.Conv2d` when called on CUDA tensor" in acts and throws


@pytest.mark.claim(
    "setup#cudnn-benchmark",
    "assign it before, and assign the old value after",
    "torch.backends.cudnn.flags() sets everything else to its own defaults inside the block: "
    "deterministic to False, allow_tf32 to True, and even enabled to False",
)
def test_cudnn_benchmark_for_one_stretch_of_code():
    cudnn = torch.backends.cudnn
    cudnn.deterministic, cudnn.allow_tf32 = True, False

    def settings():
        return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32

    with cudnn.flags(benchmark=True):
        assert settings() == (False, True, False, True)
    with cudnn.flags(enabled=True, benchmark=True):
        assert settings() == (True, True, False, True)
    assert settings() == (True, False, True, False)
    cudnn.benchmark = True
    assert settings() == (True, True, True, False)


@pytest.mark.claim(
    "setup#cudnn-benchmark",
    'After torch.backends.cudnn.conv.fp32_precision = "ieee", it raises RuntimeError',
)
def test_cudnn_benchmark_flags_after_fp32_precision():
    torch.backends.cudnn.conv.fp32_precision = "ieee"
    with pytest.raises(RuntimeError, match="TF32"), torch.backends.cudnn.flags(enabled=True):
        pass
