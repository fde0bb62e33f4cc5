import json
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.overrides import TorchFunctionMode, resolve_name
from torch.profiler import ProfilerActivity, profile, schedule, supported_activities


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


def test_device_syncs_reads_once_per_epoch(run):
    # "read the sums once per epoch"
    with Readings() as readings:
        run("performance/speed/device_syncs.py")
    assert readings.count == 3


def test_device_syncs(run, monkeypatch):
    calls = order_of(monkeypatch, optim.SGD)
    names = run("performance/speed/device_syncs.py")
    assert calls == ["zero_grad", "backward", "step"] * 12
    assert names["loss"].requires_grad and not names["loss_sum"].requires_grad
    assert names["loss_sum"].device == names["correct"].device == names["x"].device
    assert isinstance(names["mean_loss"], float) and names["accuracy"] > 0.9
    assert names["mean_loss"] == pytest.approx(names["loss_sum"].item() / 256, rel=1e-5)
    assert names["accuracy"] == pytest.approx(names["correct"].item() / 256, rel=1e-5)


def test_device_syncs_is_the_mean_over_samples(run, monkeypatch):
    losses, hits, sizes = [], [], []
    real = F.cross_entropy

    def recorded(logits, labels):
        loss = real(logits, labels)
        losses.append(loss.item())
        hits.append((logits.argmax(dim=1) == labels).sum().item())
        sizes.append(len(labels))
        return loss

    monkeypatch.setattr(F, "cross_entropy", recorded)
    names = run("performance/speed/device_syncs.py")
    assert sizes == [64] * 12
    # starts again in every epoch
    assert names["mean_loss"] == pytest.approx(sum(losses[-4:]) / 4, rel=1e-5)
    assert names["accuracy"] == pytest.approx(sum(hits[-4:]) / 256, rel=1e-5)
    assert sum(losses[-4:]) < sum(losses[:4])


def test_device_syncs_last_batch():
    # "The factor keeps the mean right when the last batch is smaller"
    x, y = torch.randn(10, 3), torch.arange(10) % 3
    parts = list(zip(x.split(4), y.split(4), strict=True))
    total = sum(F.cross_entropy(a, b) * len(b) for a, b in parts) / 10
    torch.testing.assert_close(total, F.cross_entropy(x, y))
    unweighted = sum(F.cross_entropy(a, b) for a, b in parts) / len(parts)
    assert not torch.isclose(unweighted, total)


@pytest.mark.parametrize("batches", [2, 5])
def test_device_syncs_without_detach(batches):
    # "the nodes of every batch stay and pile up"
    w = torch.ones(3, requires_grad=True)
    total = torch.zeros(())
    for _ in range(batches):
        loss = (w * 2).sum()
        loss.backward()
        total += loss
    nodes, queue = set(), [total.grad_fn]
    while queue:
        node = queue.pop()
        if node and node not in nodes:
            nodes.add(node)
            queue += [n for n, _ in node.next_functions]
    assert sum(type(n).__name__ == "MulBackward0" for n in nodes) == batches


def test_half_precision(run, monkeypatch):
    calls = order_of(monkeypatch, optim.AdamW)
    names = run("performance/speed/half_precision.py")
    assert calls == ["zero_grad", "backward", "step"] * 20
    model, scaler = names["model"], names["scaler"]
    # "parameters, gradients, and optimizer states stay float32"
    states = [t for s in names["optimizer"].state.values() for t in s.values()]
    tensors = [*model.parameters(), *(p.grad for p in model.parameters()), *states]
    assert len(states) == 12 and {t.dtype for t in tensors} == {torch.float32}
    assert names["logits"].dtype == torch.bfloat16 and names["loss"].dtype == torch.float32
    assert not scaler.is_enabled() and not torch.is_autocast_enabled(names["device"].type)
    assert names["loss"] < 0.9 * F.cross_entropy(torch.zeros(64, 4), names["y"].cpu())


def test_half_precision_float16(run, tmp_path):
    # "With torch.float16, the GradScaler is switched on"
    from cheatsheet.execution import execute
    from cheatsheet.snippet import SNIPPETS

    source = (SNIPPETS / "performance/speed/half_precision.py").read_text(encoding="utf-8")
    path = tmp_path / "fp16.py"
    path.write_text(source.replace("dtype = torch.bfloat16", "dtype = torch.float16"), "utf-8")
    names = execute(path).names
    assert names["scaler"].is_enabled() and names["scaler"].get_scale() == 65536
    assert names["logits"].dtype == torch.float16
    assert {p.dtype for p in names["model"].parameters()} == {torch.float32}
    grad = names["model"][0].weight.grad
    assert names["loss"] < 1.3 and 0 < grad.abs().max() < 1  # unscaled by step()


def test_half_precision_what_runs_low():
    # "linear layers, convolutions, and the like run in half precision"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.bfloat16
        assert nn.Conv2d(1, 1, 1)(torch.ones(1, 1, 2, 2)).dtype == torch.bfloat16


def test_half_precision_limits(run, monkeypatch):
    calls = order_of(monkeypatch, optim.SGD)
    names = run("performance/speed/half_precision_limits.py")
    assert calls == ["zero_grad", "backward", "step"] * 300
    assert names["tiny"].dtype == torch.bfloat16
    assert names["dtype"] == names["model"].weight.dtype == torch.bfloat16
    assert names["optimizer"].param_groups[0]["lr"] == 1e-4
    assert names["model"].weight.item() == 1 and names["model"].weight.grad.item() == 1
    # "float16 ends at 65504, and anything above is inf"
    half, brain, single = (torch.finfo(d) for d in (torch.half, torch.bfloat16, torch.float32))
    assert half.max == 65504
    assert (torch.tensor(60000.0, dtype=torch.half) * 2).isinf()
    assert torch.tensor(1e-8, dtype=torch.half) == 0 != torch.tensor(1e-8, dtype=torch.bfloat16)
    # "bfloat16 has about the range of float32", "fewer significant bits"
    assert brain.tiny == single.tiny and brain.max == pytest.approx(single.max, rel=0.01)
    assert brain.eps > half.eps > single.eps


@pytest.mark.parametrize("lower", [nn.Module.half, nn.Module.bfloat16])
def test_half_precision_updates_are_lost(lower):
    # "after 100 steps the weight is still 1.0"
    model = lower(nn.Linear(1, 1, bias=False))
    nn.init.ones_(model.weight)
    optimizer = optim.SGD(model.parameters(), lr=1e-4)
    for _ in range(100):
        model.weight.grad = torch.ones_like(model.weight)
        optimizer.step()
    assert model.weight.item() == 1


def test_half_precision_unscale_before_clipping():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(layer(torch.ones(1, 2)).sum()).backward()
    scaled = layer.bias.grad.item()
    scaler.unscale_(optimizer)
    assert scaled == scaler.get_scale() * layer.bias.grad.item() == 65536


def test_torch_profiler(run):
    names = run("performance/speed/torch_profiler.py")
    counts = names["counts"]
    # two layers, three recorded steps
    assert counts["aten::linear"] == 6 and counts["aten::relu"] == 3
    assert counts["AddmmBackward0"] == 6
    assert counts["forward"] >= 3 and counts["backward"] >= 3
    assert counts["Optimizer.step#SGD.step"] == counts["Optimizer.zero_grad#SGD.zero_grad"] == 3
    times = {e.key: e.self_cpu_time_total for e in names["averages"]}
    rows = [line.strip().split("  ")[0] for line in names["table"].splitlines()]
    rows = [row for row in rows if row in times]
    assert len(rows) == 10  # "one operator a line, by its own time"
    assert [times[r] for r in rows] == sorted((times[r] for r in rows), reverse=True)
    path = "trace.json"
    names["prof"].export_chrome_trace(path)
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    assert {"forward", "backward", "aten::linear"} <= {e.get("name") for e in events}


def test_torch_profiler_needs_step():
    # "Without it, `schedule` stays at the first step and nothing is recorded"
    with profile(schedule=schedule(wait=1, warmup=1, active=3)) as prof:
        for _ in range(8):
            torch.ones(2) + 1
    with pytest.raises(AssertionError):
        prof.key_averages()


def test_torch_profiler_records_all_activities():
    # "By default all supported activities are recorded, with CUDA also those of the GPU"
    assert ProfilerActivity.CPU in supported_activities()
    assert (ProfilerActivity.CUDA in supported_activities()) == torch.cuda.is_available()
    assert set(profile().activities) == set(supported_activities())


def test_torch_profiler_stderr(without_gpu, capfd):
    assert torch.version.cuda, "a CUDA build of torch"
    with profile() as prof:
        torch.ones(2) + 1
    assert "gpuGetDeviceCount failed" in capfd.readouterr().err
    assert len(prof.key_averages()) > 0


def test_torch_profiler_gone_from_torch():
    with pytest.raises(TypeError, match="unexpected keyword argument 'use_cuda'"):
        torch.autograd.profiler.profile(use_cuda=False)
    gone = [sys.executable, "-m", "torch.utils.bottleneck", "train.py"]
    done = subprocess.run(gone, capture_output=True, text=True)
    assert "No module named torch.utils.bottleneck" in done.stderr


def test_torch_profiler_cprofile(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("def slow(): sum(range(1000))\nslow()\n", encoding="utf-8")
    command = [sys.executable, "-m", "cProfile", "-s", "cumtime", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Ordered by: cumulative time" in done.stdout and "(slow)" in done.stdout
