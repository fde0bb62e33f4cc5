"""Every block runs as it is shown: as a file in one language, from its page in the other.

With CHEATSHEET_DEVICE=cuda it must also have used the GPU, where it chooses a device at all.
Decimals are then compared with a tolerance, because kernels differ in the last digits.
"""

import ast
import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from cheatsheet.catalogue import Sheet
from cheatsheet.printed import Shown, disagreements, lines_of, shown
from cheatsheet.snippet import code_lines, imports
from harness import ROOT, execute, in_child
from harness.placement import StandIn, claimed
from harness.record import DISPLAYED, ON_CUDA

SHEET = Sheet.read(ROOT)
RUNNABLE = [block for block in SHEET.blocks if block.runs]
PYTHON = [block for block in RUNNABLE if block.kind == "python"]
ESSENTIAL = [block for block in PYTHON if block.essential]
# Blocks that the stand-in cannot judge, each with its reason.
NOT_JUDGED: dict[str, str] = {
    "distributed/ddp/ddp": "DDP's C++ buckets carry no claim, and NCCL needs a GPU",
    "saving/export/export_onnx": "the exporter traces fake tensors, which it takes for meta's",
}
# What a reader's program has anyway: a small classifier, its data and its optimizer.
PROGRAM = """
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
device = torch.device("cpu")
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
x = torch.randn(8, 4)
y = torch.randint(3, (8,))
inputs, targets = x, y
dataset = TensorDataset(x, y)
loader = DataLoader(dataset, batch_size=4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()
loss = loss_fn(model(x), y)
"""


def run_as_shown(block, language):
    """Run a block as a file with the text that readers of a language see."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, block.path.name)
        path.write_text(block.shown(language), encoding="utf-8")
        return execute(path), shown(block.path, block.shown(language))


@pytest.mark.parametrize("block", RUNNABLE, ids=lambda block: block.id)
def test_prints_what_it_shows(block, record_property):
    if block.kind == "bash":
        subprocess.run(["bash", "-c", block.shown("zh")], check=True)
        return
    skip_where_a_package_is_missing(block)
    result, expected = run_as_shown(block, "zh")

    if ON_CUDA:
        torch.cuda.synchronize()
        if "current_accelerator" in block.source:
            assert torch.cuda.max_memory_allocated() > 0, "it chose the GPU and did not use it"
    assert result.stderr == "", "nothing may be written to stderr"
    assert os.listdir() == [], "a block leaves no file behind: use tempfile"
    record_property("outcome", "differs")
    assert disagreements(expected, result.printed, exact=not ON_CUDA) == [], (
        f"the outputs are out of date: run `nox -s outputs -- {block.id}`"
    )
    assert len(result.stdout) == sum(map(len, result.printed.values())), "a library printed this"


def skip_where_a_package_is_missing(block):
    """Without network, a machine may lack what a block imports; a skip leaves no receipt."""
    for node in ast.walk(ast.parse(block.source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or alias.name for alias in node.names]
            for name in {name.partition(".")[0] for name in names}:
                if find_spec(name) is None:
                    pytest.skip(f"{name} is not installed here")


@pytest.mark.parametrize(
    "block", [b for b in PYTHON if b.id not in NOT_JUDGED], ids=lambda block: block.id
)
def test_places_its_tensors(block):
    skip_where_a_package_is_missing(block)
    with StandIn() as gpu:
        result, expected = run_as_shown(block, "zh")

    if "current_accelerator" in block.source:
        assert gpu.placed, "it chooses a device and then uses it for nothing"
        modules = [m for m in result.names.values() if isinstance(m, torch.nn.Module)]
        left = {claimed(p) for m in modules for p in m.parameters()} - {torch.device("cuda", 0)}
        assert not left, "a module of it was left on the CPU"
    if disagreements(expected, result.printed):
        here = in_child(lambda: run_as_shown(block, "zh")[0].printed)
        stale = {line: Shown(lines_of(text)) for line, text in here.items() if text}
        assert disagreements(stale, result.printed) == [], "what it prints depends on the device"


@pytest.mark.parametrize("block", ESSENTIAL, ids=lambda block: block.id)
def test_essential_lines_work_in_a_readers_program(block):
    assert 1 <= sum(map(code_lines, block.essential)) <= 8
    given = readers_variables(block)
    reader = [PROGRAM, *imports(block.source, [given]), given]
    exec("\n".join([*reader, *block.imports, *block.essential]), {"__name__": "__main__"})


def readers_variables(block) -> str:
    """Return what `READER` in the tests of a page adds to the program for a block."""
    folder, _, last = block.page.rpartition("/")
    path = ROOT / "tests" / "snippets" / folder / f"test_{last}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "READER":
            return ast.literal_eval(node.value).get(block.path.stem, "")
    return ""


@pytest.mark.here
@pytest.mark.after_the_blocks
def test_every_block_ran_as_each_language_shows_it(the_run):
    ways = {DISPLAYED, "test_prints_what_it_shows"}
    ran = {
        name
        for name, seen in the_run.seen.items()
        if all(seen.get(way) == "passed" for way in ways)
    }
    assert {block.name for block in RUNNABLE} == ran
