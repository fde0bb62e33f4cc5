import subprocess
import sys
import threading

import pytest
import torch
from torch import nn

from harness import SNIPPETS, execute

SNIPPET = "debugging/tools/trace_tensors.py"


@pytest.fixture
def trace(run, capsys):
    """The class of the block; what it has printed is read with `capsys`."""
    names = run("debugging/tools/trace_tensors.py")
    capsys.readouterr()
    return names["Trace"]


def calls(text):
    return [line.split()[1] for line in text.splitlines()]


@pytest.mark.claim(
    "debugging/tools#trace-tensors",
    "Each call into torch then prints the tensors that it returns: line number, function, "
    "shape, dtype, device, and whether it requires a gradient",
    "so calls inside a model are seen too",
)
def test_trace_tensors():
    text = execute(SNIPPETS / SNIPPET).stdout
    assert calls(text) == "conv2d relu flatten linear max max __eq__ sum".split()
    lines = text.splitlines()
    assert lines[0].endswith(" conv2d [4, 8, 6, 6] torch.float32 cpu True")
    assert lines[5].endswith(" max [4] torch.int64 cpu False")


@pytest.mark.claim(
    "debugging/tools#trace-tensors",
    "The line number is that of the closest line of your own code, "
    "that is, outside site-packages and dist-packages",
)
def test_trace_tensors_line_numbers():
    source = (SNIPPETS / SNIPPET).read_text(encoding="utf-8").splitlines()
    numbers = [int(line.split()[0]) for line in execute(SNIPPETS / SNIPPET).stdout.splitlines()]
    assert [source[n - 1].strip() for n in numbers] == [
        *["logits = model(images)"] * 4,
        *["best, index = logits.max(dim=1)"] * 2,
        *["count = (index == 0).sum()"] * 2,
    ]


def test_trace_tensors_line_numbers_in_a_model_of_ones_own(trace, capsys):
    class Model(nn.Module):
        def forward(self, x):
            x = x * 2
            return self.half(x)

        def half(self, x):
            return x.reshape(2, -1)

    first = Model.forward.__code__.co_firstlineno
    with trace():
        Model()(torch.ones(4))
    numbers = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert numbers[1:] == [first + 1, first + 5]  # not where the model is called


def test_trace_tensors_changes_nothing(trace, capsys):
    model, x = nn.Sequential(nn.Linear(3, 3), nn.Dropout()).eval(), torch.ones(2, 3)
    with trace():
        y = model(x)
        same = torch.add(y, 0, alpha=1)  # keyword arguments arrive
        assert y.shape == (2, 3)  # no tensor: nothing is printed
    assert torch.equal(y, model(x)) and torch.equal(same, y)
    # over at the end of the block
    assert calls(capsys.readouterr().out) == ["linear", "dropout", "add"]


@pytest.mark.claim(
    "debugging/tools#trace-tensors",
    "When a call fails, the last line printed comes from an earlier call",
)
def test_trace_tensors_of_a_call_that_fails(trace, capsys):
    layer, x = nn.Linear(3, 2), torch.ones(1, 4)
    with pytest.raises(RuntimeError, match="shapes cannot"), trace():
        layer(x.exp())
    assert calls(capsys.readouterr().out) == ["exp"]
    with pytest.raises(RuntimeError, match="shapes cannot"), trace():  # noqa: PT012
        y = x.exp()
        y[0] = 1  # returns no tensor: "an earlier call", not the one before
        layer(y)
    assert calls(capsys.readouterr().out) == ["exp"]


@pytest.mark.claim(
    "debugging/tools#trace-tensors",
    "Calls that return no tensor, such as x[0] = 1 or x.tolist(), print nothing",
    "What happens inside one printed call is not printed: an LSTM is one lstm",
)
def test_trace_tensors_prints_results_of_outer_calls(trace, capsys):
    x, lstm, hidden = torch.ones(2, 1, 3), nn.LSTM(3, 4), torch.zeros(1, 1, 4)
    with trace():
        x[0] = 1
        x.tolist()
    assert capsys.readouterr().out == ""
    with trace():
        lstm(x, (hidden, hidden))
    assert set(calls(capsys.readouterr().out)) == {"lstm"}  # a line for each tensor it returns


@pytest.mark.claim(
    "debugging/tools#trace-tensors",
    "The operators of backward() do not appear, nor do other threads",
)
def test_trace_tensors_not_backward(trace, capsys):
    model = nn.Linear(3, 1)
    loss = model(torch.ones(2, 3)).sum()
    with trace():
        loss.backward()
        thread = threading.Thread(target=torch.ones, args=(7,))
        thread.start()
        thread.join()
    assert capsys.readouterr().out == "" and model.weight.grad is not None


@pytest.mark.claim("debugging/tools#trace-tensors", "It prints the shape and dtype of tensors too")
def test_trace_tensors_snoop(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import snoop, torch\n"
        "@snoop\n"
        "def f(x):\n"
        "    y = x.sum(dim=0)\n"
        "    return y\n"
        "f(torch.ones(3, 4))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert "y = x.sum(dim=0)" in done.stderr
    assert "y.shape = (4,)" in done.stderr and "y.dtype = torch.float32" in done.stderr
