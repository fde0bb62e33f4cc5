import subprocess
import sys

import pytest
import torch
from torch import nn

from cheatsheet.snippet import SNIPPETS

SNIPPET = "debugging/tools/trace_tensors.py"


def test_trace_tensors(run):
    lines = run(SNIPPET)["lines"]
    assert [line.split()[1] for line in lines] == (
        "conv2d relu flatten linear "  # "it sees the calls inside a model"
        "softmax max max __eq__ sum"
    ).split()
    assert lines[0].endswith(" conv2d [4, 8, 6, 6] torch.float32 cpu True")
    assert lines[6].endswith(" max [4] torch.int64 cpu False")


def test_trace_tensors_line_numbers(run):
    # "that of the closest line of your own code, not of one inside torch"
    source = (SNIPPETS / SNIPPET).read_text(encoding="utf-8").splitlines()
    numbers = [int(line.split()[0]) for line in run(SNIPPET)["lines"]]
    code = [source[n - 1].strip() for n in numbers]
    assert code[:4] == ["logits = model(images)"] * 4
    assert code[4:] == [
        "probs = logits.softmax(dim=1)",
        *["best, index = probs.max(dim=1)"] * 2,
        *["count = (index == 0).sum()"] * 2,
    ]


def test_trace_tensors_changes_nothing(run):
    names = run(SNIPPET)
    lines = []
    model, images = names["model"], names["images"]
    with names["Trace"](lines.append):
        logits = model(images)
        same = torch.add(logits, 0, alpha=1)  # keyword arguments arrive
        assert logits.shape == (4, 2)  # no tensor: nothing is written
    assert torch.equal(logits, model(images)) and torch.equal(same, logits)
    assert len(lines) == 5
    model(images)
    assert len(lines) == 5  # over at the end of the block


def test_trace_tensors_prints_as_it_goes(run, capsys):
    trace = run(SNIPPET)["Trace"]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), trace():
        nn.Linear(3, 2)(torch.ones(1, 4))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 5 or printed[-1].endswith("ones [1, 4] torch.float32 cpu False")


def test_trace_tensors_not_backward(run):
    # "the operators of `backward()` do not appear"
    names = run(SNIPPET)
    loss, lines = names["model"](names["images"]).sum(), []
    with names["Trace"](lines.append):
        loss.backward()
    assert lines == [] and names["model"][0].weight.grad is not None


def test_trace_tensors_snoop(tmp_path):
    # "It prints the shape and dtype of tensors too"
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
