import importlib.util
import json
import runpy
import statistics
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.overrides import TorchFunctionMode, resolve_name
from torch.profiler import ProfilerActivity, profile, schedule, supported_activities

from harness import SNIPPETS, execute

READER = {
    "device_syncs": "logits = model(x)",
    "timing": 'candidates = {"model": model, "twice": lambda x: model(model[0](x)[:, :4])}',
    "torch_profiler": """
loader = [(x, y)] * 5
def train_step(inputs, targets):
    loss_fn(model(inputs), targets).backward()
""",
}


class Readings(TorchFunctionMode):
    """Counts the calls that bring a value of a tensor into Python."""

    NAMES = ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__", "nonzero")

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.count += (resolve_name(func) or "").rpartition(".")[2] in self.NAMES
        return func(*args, **(kwargs or {}))


def order_of(monkeypatch, kind):
    """Record the calls of zero_grad, backward and step."""
    calls = []
    for owner, name in ((kind, "zero_grad"), (torch.Tensor, "backward"), (kind, "step")):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *a, _r=real, _n=name, **k: (calls.append(_n), _r(*a, **k))[1]
        )
    return calls


@pytest.mark.claim("performance/speed#device-syncs", "read the sums once per epoch")
def test_device_syncs_reads_once_per_epoch(run):
    with Readings() as readings:
        run("performance/speed/device_syncs.py")
    assert readings.count == 3 * 2  # epochs, sums


def test_device_syncs(run, monkeypatch):
    calls = order_of(monkeypatch, optim.SGD)
    names = run("performance/speed/device_syncs.py")
    assert calls == ["zero_grad", "backward", "step"] * 12
    assert names["loss"].requires_grad and not names["loss_sum"].requires_grad
    assert names["loss_sum"].device.type == names["correct"].device.type == names["device"].type
    assert not names["correct"].is_floating_point()
    assert names["mean_loss"] == pytest.approx(names["loss_sum"].item() / 250, rel=1e-5)
    assert names["accuracy"] == names["correct"].item() / 250 > 0.8


def test_device_syncs_is_the_mean_over_samples(run, monkeypatch):
    losses, hits, sizes = [], [], []
    real = nn.CrossEntropyLoss.forward

    def recorded(self, logits, targets):
        loss = real(self, logits, targets)
        losses.append(loss.item() * len(targets))
        hits.append((logits.argmax(dim=1) == targets).sum().item())
        sizes.append(len(targets))
        return loss

    monkeypatch.setattr(nn.CrossEntropyLoss, "forward", recorded)
    names = run("performance/speed/device_syncs.py")
    assert sizes == [64, 64, 64, 58] * 3
    # starts again in every epoch
    assert names["mean_loss"] == pytest.approx(sum(losses[-4:]) / 250, rel=1e-5)
    assert names["accuracy"] == sum(hits[-4:]) / 250
    assert sum(losses[-4:]) < sum(losses[:4])


@pytest.mark.claim(
    "performance/speed#device-syncs",
    "on a GPU tensor make the CPU wait until the GPU has computed the value",
    ".cpu(), nonzero(), x[mask], and any if on the value of a GPU tensor force a sync too",
)
@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.sum().item(),
        lambda x: x.tolist(),
        lambda x: 1 if x.sum() > 1 else 0,
        lambda x: x.nonzero(),
        lambda x: x[x > 0],
    ],
    ids=["item", "tolist", "if", "nonzero", "mask"],
)
def test_device_syncs_what_needs_the_value(read):
    # A fake CUDA tensor has no values: what asks for one, or for a shape that follows, fails.
    with FakeTensorMode():
        x = torch.empty(8, device="cuda")
        assert x.relu().argmax().device.type == "cuda"
        total = torch.zeros((), device="cuda")
        total += x.detach().mean() * len(x)
        with pytest.raises((DataDependentOutputException, DynamicOutputShapeException)):
            read(x)


@pytest.mark.claim(
    "performance/speed#device-syncs",
    "append loss.detach() to losses, and read torch.stack(losses).tolist() at the end",
)
def test_device_syncs_every_step():
    losses, expected = [], []
    weight = torch.ones(3, requires_grad=True)
    with Readings() as readings:
        for step in range(4):
            loss = (weight * step).sum()
            losses.append(loss.detach())
            expected.append(3.0 * step)
        values = torch.stack(losses).tolist()
    assert values == expected and readings.count == 1


@pytest.mark.claim(
    "performance/speed#device-syncs",
    "len(targets) keeps the mean right when the last batch is smaller",
    "That holds for a loss that averages over the batch, without class weights and ignored targets",
)
@pytest.mark.parametrize(
    ("options", "right"),
    [
        ({}, True),
        ({"label_smoothing": 0.1}, True),
        ({"reduction": "sum"}, False),
        ({"weight": torch.tensor([1.0, 2.0, 3.0])}, False),
        ({"ignore_index": 0}, False),
    ],
)
def test_device_syncs_last_batch(options, right):
    x, y = torch.randn(10, 3), torch.arange(10) % 3
    parts = list(zip(x.split(4), y.split(4), strict=True))
    total = sum(F.cross_entropy(a, b, **options) * len(b) for a, b in parts) / 10
    assert torch.isclose(total, F.cross_entropy(x, y, **options)) == right
    unweighted = sum(F.cross_entropy(a, b) for a, b in parts) / len(parts)
    assert not torch.isclose(unweighted, F.cross_entropy(x, y))


@pytest.mark.claim(
    "performance/speed#device-syncs",
    "a float32 total that grows by 1 at a time stops at 16777216",
)
def test_device_syncs_count_in_integers():
    for dtype, lost in ((torch.float32, True), (torch.long, False)):
        total = torch.tensor(16777215, dtype=dtype)
        total += torch.tensor(1)
        before = total.clone()
        total += torch.tensor(1)
        assert before == 16777216 and torch.equal(total, before) == lost


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.clone())
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


def nodes_below(tensor):
    nodes, queue = set(), [tensor.grad_fn]
    while queue:
        node = queue.pop()
        if node and node not in nodes:
            nodes.add(node)
            queue += [n for n, _ in node.next_functions]
    return [n for n in nodes if type(n).__name__ == "DoubledBackward"]


@pytest.mark.claim(
    "performance/speed#device-syncs",
    "Without detach() the total hangs on to the graph, and the nodes of every batch pile up",
    "After backward() they no longer hold activations; where it is not called, they still do",
)
@pytest.mark.parametrize("batches", [2, 5])
@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("backward", [True, False])
def test_device_syncs_without_detach(batches, detach, backward):
    w = torch.ones(3, requires_grad=True)
    total = torch.zeros(())
    for _ in range(batches):
        loss = Doubled.apply(w).sum()
        if backward:
            loss.backward()
        total += loss.detach() if detach else loss
    nodes = nodes_below(total)
    assert len(nodes) == (0 if detach else batches)
    for node in nodes:
        if backward:
            with pytest.raises(RuntimeError, match="after they have already been freed"):
                node.saved_tensors  # noqa: B018
        else:
            assert node.saved_tensors[0].shape == (3,)


@pytest.mark.claim(
    "performance/speed#half-precision",
    "while the parameters of a float32 model, their gradients, and the optimizer's states stay "
    "float32",
)
def test_half_precision(run, monkeypatch):
    calls = order_of(monkeypatch, optim.AdamW)
    names = run("performance/speed/half_precision.py")
    assert calls == ["zero_grad", "backward", "step"]
    model = names["model"]
    states = [t for s in names["optimizer"].state.values() for t in s.values()]
    tensors = [*model.parameters(), *(p.grad for p in model.parameters()), *states]
    assert len(states) == 12 and {t.dtype for t in tensors} == {torch.float32}
    assert names["logits"].dtype == torch.bfloat16 and names["loss"].dtype == torch.float32
    assert not torch.is_autocast_enabled(names["device"].type)


@pytest.mark.claim(
    "performance/speed#half-precision",
    "Linear layers, convolutions, and matrix products then run in half precision",
)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_what_runs_low(device, dtype):
    with FakeTensorMode():
        x, image = torch.empty(2, 2, device=device), torch.empty(1, 1, 2, 2, device=device)
        linear, conv = nn.Linear(2, 2, device=device), nn.Conv2d(1, 1, 1, device=device)
        torch.set_autocast_enabled(device, True)
        torch.set_autocast_dtype(device, dtype)
        assert linear(x).dtype == conv(image).dtype == (x @ x).dtype == dtype
        targets = torch.empty(2, dtype=torch.long, device=device)
        assert F.cross_entropy(linear(x), targets).dtype == torch.float32
        # float64 is not lowered
        double = nn.Linear(2, 2, device=device, dtype=torch.float64)
        assert double(x.double()).dtype == torch.float64


@pytest.mark.claim(
    "performance/speed#half-precision", "scale the loss, or small gradients become 0"
)
def test_half_precision_float16(run, monkeypatch):
    calls = order_of(monkeypatch, optim.AdamW)
    for owner, name in (
        (torch.amp.GradScaler, "unscale_"),
        (nn.utils, "clip_grad_norm_"),
        (torch.amp.GradScaler, "update"),
    ):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *a, _r=real, _n=name, **k: (calls.append(_n), _r(*a, **k))[1]
        )
    names = run("performance/speed/half_precision_float16.py")
    model, scaler = names["model"], names["scaler"]
    step = ["zero_grad", "backward", "unscale_", "clip_grad_norm_", "step", "update"]
    assert [c for c in calls if c != "step"] == [c for c in step if c != "step"] * 20
    assert calls[-6:] == step and scaler.is_enabled()
    assert names["logits"].dtype == torch.float16
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    norm = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert 0 < norm <= 1.001  # unscaled, then clipped


@pytest.mark.parametrize("scaled", [False, True])
def test_half_precision_small_gradients(scaled):
    layer = nn.Linear(2, 1, bias=False)
    with torch.autocast("cpu", dtype=torch.float16):
        out = layer(torch.ones(1, 2))
    scaler = torch.amp.GradScaler("cpu", enabled=scaled)
    optimizer = optim.SGD(layer.parameters())
    scaler.scale(out.float().sum() * 1e-8).backward()
    if scaled:
        scaler.unscale_(optimizer)
        torch.testing.assert_close(layer.weight.grad, torch.full((1, 2), 1e-8), rtol=0.01, atol=0)
    else:
        assert not layer.weight.grad.any()


@pytest.mark.claim(
    "performance/speed#half-precision",
    "NVIDIA GPUs older than Ampere, such as the T4 and the V100, have no native bfloat16",
    "Ask with torch.cuda.is_bf16_supported(including_emulation=False)",
    "Without the argument, emulated bfloat16 counts as well",
)
@pytest.mark.parametrize(("major", "native"), [(7, False), (8, True), (9, True)])
def test_half_precision_native_bfloat16(monkeypatch, major, native):
    class Properties:  # of a V100 (7.0) or T4 (7.5), of an A100 (8.0), of an H100 (9.0)
        pass

    Properties.major = major
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Properties)
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda device: True)
    assert torch.cuda.is_bf16_supported(including_emulation=False) == native
    assert torch.cuda.is_bf16_supported()


@pytest.mark.claim(
    "performance/speed#half-precision",
    "float16 ends at 65504: 65520 and above become inf, and 1e-8 becomes 0",
    "bfloat16 has about the range of float32 and needs no scaling, but it has fewer significant "
    "bits",
)
def test_half_precision_ranges():
    half, brain, single = (torch.finfo(d) for d in (torch.half, torch.bfloat16, torch.float32))
    assert half.max == 65504
    rounded = torch.tensor([65504, 65519, 65520, 1e6, 1e-8], dtype=torch.float32).half()
    assert rounded.tolist() == [65504, 65504, float("inf"), float("inf"), 0]
    assert torch.tensor(1e-8, dtype=torch.bfloat16) > 0
    assert brain.tiny == single.tiny and brain.max == pytest.approx(single.max, rel=0.01)
    assert brain.eps > half.eps > single.eps


@pytest.mark.claim(
    "performance/speed#half-precision",
    "The scaler skips steps while its scale is too high",
    "A scheduler may then warn that lr_scheduler.step() came before optimizer.step()",
)
def test_half_precision_skipped_steps():
    layer = nn.Linear(4, 1)
    before = layer.weight.detach().clone()
    optimizer = optim.AdamW(layer.parameters())
    scheduler = optim.lr_scheduler.LinearLR(optimizer)
    scaler = torch.amp.GradScaler("cpu")
    with torch.autocast("cpu", dtype=torch.float16):
        loss = layer(torch.full((2, 4), 1000.0)).float().square().mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(layer.weight, before) and scaler.get_scale() == 32768
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()


@pytest.mark.claim(
    "performance/speed#half-precision",
    "logits.numpy() raises Got unsupported ScalarType BFloat16",
    "Convert with logits.float() first",
)
def test_half_precision_numpy():
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = nn.Linear(2, 2)(torch.ones(1, 2))
    with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
        logits.numpy()
    assert logits.float().numpy().shape == (1, 2)


@pytest.mark.claim(
    "performance/speed#half-precision",
    "torch.cuda.amp is deprecated and warns",
)
@pytest.mark.filterwarnings("ignore:.*CUDA is not available")
def test_half_precision_old_module():
    for name, now in (("autocast", torch.autocast), ("GradScaler", torch.amp.GradScaler)):
        with pytest.warns(FutureWarning, match="is deprecated. Please use `torch.amp."):
            old = getattr(torch.cuda.amp, name)()
        assert isinstance(old, now)


@pytest.mark.claim(
    "performance/speed#half-precision",
    "On CUDA, nn.BCELoss raises under autocast",
    "Use nn.BCEWithLogitsLoss",
)
def test_half_precision_bce():
    with FakeTensorMode():
        x, y = torch.empty(3, device="cuda"), torch.empty(3, device="cuda")
        nn.BCELoss()(x, y)
        torch.set_autocast_enabled("cuda", True)
        with pytest.raises(RuntimeError, match="BCELoss are unsafe to autocast"):
            nn.BCELoss()(x, y)
        assert nn.BCEWithLogitsLoss()(x, y).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        nn.BCELoss()(torch.rand(3), torch.rand(3))  # "On CUDA"


@pytest.mark.claim(
    "performance/speed#half-precision", "an update that is small beside the weight is rounded away"
)
def test_half_precision_limits(run):
    names = run("performance/speed/half_precision_limits.py")
    assert names["dtype"] == names["weight"].dtype == torch.bfloat16 and names["weight"] == 1
    weight = torch.full((), 1e-3, dtype=torch.bfloat16)
    weight -= 1e-4  # not small beside this weight
    assert weight < 1e-3


@pytest.mark.claim(
    "performance/speed#half-precision",
    "Do not convert the model with half() or bfloat16() to train it",
)
@pytest.mark.parametrize("lower", [nn.Module.half, nn.Module.bfloat16])
@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW])
def test_half_precision_updates_are_lost(lower, kind):
    model = lower(nn.Linear(1, 1, bias=False))
    nn.init.ones_(model.weight)
    optimizer = kind(model.parameters(), lr=1e-4)
    for _ in range(100):
        model.weight.grad = torch.ones_like(model.weight)
        optimizer.step()
    assert model.weight.item() == 1


@pytest.mark.claim(
    "performance/speed#half-precision",
    "With float16 parameters, the GradScaler raises Attempting to unscale FP16 gradients",
    "For inference alone, you can convert the model: its weights then take half the memory",
)
def test_half_precision_converted_model():
    model = nn.Linear(4, 1)
    size = model.weight.nbytes
    model.half()
    assert model.weight.nbytes == size / 2
    with torch.inference_mode():
        assert model(torch.ones(2, 4).half()).dtype == torch.float16
    optimizer = optim.SGD(model.parameters())
    for use in ("unscale_", "step"):
        scaler = torch.amp.GradScaler("cpu")
        scaler.scale(model(torch.ones(2, 4).half()).sum()).backward()
        with pytest.raises(ValueError, match="Attempting to unscale FP16 gradients"):
            getattr(scaler, use)(optimizer)


def test_half_precision_unscale_before_clipping():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(layer(torch.ones(1, 2)).sum()).backward()
    scaled = layer.bias.grad.item()
    scaler.unscale_(optimizer)
    assert scaled == scaler.get_scale() * layer.bias.grad.item() == 65536


@pytest.mark.claim("performance/speed#torch-profiler", "counts and times the operators")
def test_torch_profiler():
    result = execute(SNIPPETS / "performance/speed/torch_profiler.py")
    names = result.names
    averages = names["rows"]
    counts = {event.key: event.count for event in averages}
    # two layers, three recorded steps; three products each step in backward
    assert counts["aten::linear"] == 6 and counts["aten::relu"] == 3 and counts["aten::mm"] == 15
    assert counts["forward"] >= 3
    assert counts["Optimizer.step#SGD.step"] == counts["Optimizer.zero_grad#SGD.zero_grad"] == 3
    times = {e.key: e.self_cpu_time_total for e in averages}
    largest = sorted(times, key=times.get, reverse=True)[:3]
    assert names["kind"] == "cpu" and largest[0] == "aten::mm"
    lines = result.stdout.splitlines()
    for line, name in zip(lines[3:6], largest, strict=True):
        assert line.strip().startswith(name)
    assert lines[7].startswith("Self CPU time total")


@pytest.mark.claim(
    "performance/speed#torch-profiler", 'prof.export_chrome_trace("trace.json") writes a timeline'
)
def test_torch_profiler_trace(run):
    prof = run("performance/speed/torch_profiler.py")["prof"]
    prof.export_chrome_trace("trace.json")
    with open("trace.json", encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    assert {"forward", "aten::linear"} <= {e.get("name") for e in events}


def recorded(steps, step=True, **how):
    """How many additions are reported after so many steps of one addition each."""
    with profile(schedule=schedule(**how)) as prof:
        for _ in range(steps):
            torch.ones(2) + 1
            if step:
                prof.step()
    return sum(e.count for e in prof.key_averages() if e.key == "aten::add")


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "otherwise the schedule stays at its first step, and key_averages() raises Profiler must be "
    "initialized before getting key averages",
    "With fewer than 3 steps, nothing is recorded",
)
def test_torch_profiler_needs_step():
    ours = {"wait": 1, "warmup": 1, "active": 3, "repeat": 1}
    message = "Profiler must be initialized before getting key averages"
    with pytest.raises(AssertionError, match=message):
        recorded(8, step=False, **ours)
    assert [recorded(n, **ours) for n in (1, 2, 3, 4, 5, 20)] == [0, 0, 1, 2, 3, 3]
    # "this schedule": another one may record without step()
    assert recorded(8, step=False, wait=0, warmup=1, active=3, repeat=1) == 0
    with profile() as prof:
        for _ in range(4):
            torch.ones(2) + 1
    assert sum(e.count for e in prof.key_averages() if e.key == "aten::add") == 4


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "Keep repeat=1: without it, the next cycle clears what was recorded",
)
@pytest.mark.filterwarnings("ignore:.*Profiler clears events:UserWarning")
def test_torch_profiler_repeat():
    assert recorded(9, wait=1, warmup=1, active=2, repeat=1) == 2
    assert recorded(9, wait=1, warmup=1, active=2) == 0


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "profile(record_shapes=True) and key_averages(group_by_input_shape=True) list each input shape "
    "on its own",
)
def test_torch_profiler_shapes():
    with profile(record_shapes=True) as prof:
        for n in (2, 3):
            torch.ones(n, n) @ torch.ones(n, n)

    def rows(**how):
        return sum(e.key == "aten::mm" for e in prof.key_averages(**how))

    assert rows() == 1 and rows(group_by_input_shape=True) == 2


@pytest.mark.claim(
    "performance/speed#torch-profiler", "By default all supported activities are recorded"
)
def test_torch_profiler_records_all_activities():
    assert ProfilerActivity.CPU in supported_activities()
    assert (ProfilerActivity.CUDA in supported_activities()) == torch.cuda.is_available()
    assert set(profile().activities) == set(supported_activities())


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "Without a GPU, a CUDA build of torch writes gpuGetDeviceCount failed to stderr",
)
def test_torch_profiler_stderr(without_gpu, capfd):
    assert torch.version.cuda, "a CUDA build of torch"
    with profile() as prof:
        torch.ones(2) + 1
    assert "gpuGetDeviceCount failed" in capfd.readouterr().err
    assert len(prof.key_averages()) > 0


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "torch.autograd.profiler.profile(use_cuda=False) raises TypeError: … unexpected keyword "
    "argument 'use_cuda'",
    "python -m torch.utils.bottleneck says No module named torch.utils.bottleneck",
)
def test_torch_profiler_gone_from_torch():
    with pytest.raises(TypeError, match="unexpected keyword argument 'use_cuda'"):
        torch.autograd.profiler.profile(use_cuda=False)
    with pytest.raises(ImportError, match=r"^No module named torch\.utils\.bottleneck$"):
        runpy.run_module("torch.utils.bottleneck", run_name="__main__")  # as `python -m` does


@pytest.mark.claim(
    "performance/speed#torch-profiler",
    "For the time spent in Python functions, run python -m cProfile -s cumtime train.py",
)
def test_torch_profiler_cprofile(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("def slow(): sum(range(1000))\nslow()\n", encoding="utf-8")
    command = [sys.executable, "-m", "cProfile", "-s", "cumtime", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Ordered by: cumulative time" in done.stdout and "(slow)" in done.stdout


with pytest.MonkeyPatch.context() as patch:
    # It imports cpp_extension, which warns where there is CUDA's toolkit and no GPU: once, here.
    patch.setattr(torch.cuda, "is_available", lambda: True)
    import torch.utils.cpp_extension
    from torch.utils.benchmark import Timer


@pytest.mark.claim(
    "performance/speed#timing",
    "torch.utils.benchmark warms up, waits for the GPU, repeats, and takes the median",
    "Compare candidates on the same input",
)
def test_timing(run):
    names = run("performance/speed/timing.py")
    results, x, candidates = names["results"], names["x"], names["candidates"]
    assert torch.equal(candidates["sort"](x), candidates["topk"](x))
    assert [m.task_spec.description for m in results] == ["sort", "topk"]
    for m in results:
        assert m.task_spec.num_threads == torch.get_num_threads()
        assert m.times and m.median == pytest.approx(statistics.median(m.times))


@pytest.mark.claim(
    "performance/speed#timing", "A Timer runs on 1 CPU thread unless you pass num_threads"
)
def test_timing_threads():
    threads = set()
    before = torch.get_num_threads()
    scope = {"look": lambda: threads.add(torch.get_num_threads())}
    for given, expected in (({}, 1), ({"num_threads": before + 1}, before + 1)):
        threads.clear()
        Timer("look()", globals=scope, **given).timeit(3)
        assert threads == {expected}
    assert torch.get_num_threads() == before


def test_timing_warms_up():
    calls = []
    measured = Timer("f()", globals={"f": lambda: calls.append(1)}).timeit(1000)
    assert measured.number_per_run == 1000 and len(calls) > 1000


def test_timing_waits_for_the_gpu(monkeypatch):
    waits = []
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: waits.append(1))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waits.append(1))
    spec = importlib.util.find_spec("torch.utils.benchmark.utils.timer")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Timer("1 + 1").timeit(2)
    assert len(waits) >= 2


@pytest.mark.claim(
    "performance/speed#timing",
    "a few steps first, then wait for the GPU before each look at the clock",
    "without synchronize() you time the launch of its work",
)
def test_timing_by_hand(run, monkeypatch):
    names = run("performance/speed/timing_by_hand.py")
    order = []
    monkeypatch.setitem(names, "gpu", torch.device("cuda"))
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: order.append("wait"))
    monkeypatch.setattr(names["time"], "perf_counter", lambda: order.append("look"))
    names["now"]()
    assert order == ["wait", "look"]
    assert names["model"].weight.grad is not None


@pytest.mark.claim(
    "performance/speed#timing", "start = torch.cuda.Event(enable_timing=True) and a second one"
)
def test_timing_events():
    for name in ("record", "synchronize", "elapsed_time"):
        assert callable(getattr(torch.cuda.Event, name))
    assert "milliseconds" in torch.cuda.Event.elapsed_time.__doc__
