"""What prose quotes exists: in the page's blocks or tests, or on the installed torch."""

import builtins
import importlib
import re
from functools import cache

import numpy
import pytest
import torch
import torchvision

from cheatsheet.catalogue import Sheet
from cheatsheet.lint.prose import _SPAN, property_tests
from harness import ROOT

pytestmark = pytest.mark.here
SHEET = Sheet.read(ROOT)
# Where a reader would look for a name that stands alone.
OWNERS = (
    torch,
    torch.nn,
    torch.nn.functional,
    torch.Tensor,
    torch.nn.Module,
    torch.optim,
    torch.optim.Optimizer,
    torch.optim.lr_scheduler,
    torch.utils.data,
    torch.cuda,
    torch.backends.cudnn,
    torch.autograd,
    torch.nn.parallel,
    torch.utils.checkpoint,
    torch.func,
    torch.amp,
    torch.distributed,
    torchvision,
    numpy,
    numpy.ndarray,
    builtins,
)
# Programs that are named, not run, and what other packages have; `*` stands for the rest.
COMMAND = re.compile(r"(?:pip|nvidia-smi|torchrun|python|nox|git|tensorboard|kill)\b|[A-Z_]+=\S+ ")
ELSEWHERE = {
    "ecosystem": "names of packages that are not installed here, tried by hand on the date shown",
    "debugging/errors": "its test raises each message; CUDA's stand in torch's sources",
    "errata": "the seed's own words",
    "contributing": "files and marks of the repository",
}
SPANS_ELSEWHERE = {
    "Watchdog caught collective operation timeout": "a string of libtorch_cuda.so",
    "Cannot re-initialize CUDA in forked subprocess": "torch/cuda/__init__.py, raised with a GPU",
    "Expected all tensors to be on the same device": "raised with a GPU; the stand-in says it too",
    "Out": "a variable of IPython",
    "scheduler.base_lrs": "an attribute that `LRScheduler.__init__` sets",
    '{0: "batch", 1: "length"}': "another choice for the reader's own model",
    'providers=["CUDAExecutionProvider", "CPUExecutionProvider"]': "needs onnxruntime-gpu",
    "AveragedModel(ddp.module)": "needs several processes",
    "ema.update_parameters(ddp.module)": "needs several processes",
    "model.summary()": "Keras has it",
    "torchsummary": "a package that is not installed",
    '"n c h w -> n (h w) c"': "einops' notation",
    "id(a.storage()) == id(b.storage())": "a comparison that fails, tried in the errata",
}
ALIASES = {"np": numpy, "nn": torch.nn, "F": torch.nn.functional}


# What a variable of the reader's may be: `x.device.type`, `end.record()`.
VARIABLES = (torch.zeros(1), torch.nn.Module, torch.optim.Optimizer, torch.Event, torch.device)
PAGES = [page for page in SHEET.pages if page.entries and page.name not in ELSEWHERE]


@cache
def resolves(name: str) -> bool:
    """Whether a dotted name leads to something: from an alias, a module, or one of OWNERS."""
    first, *rest = name.split(".")
    starts = [ALIASES[first]] if first in ALIASES else []
    if not starts:
        rest, starts = [first, *rest], list(OWNERS)
        try:
            starts.append(importlib.import_module(first))
            if len(rest) == 1:
                return True
            rest_of_module = rest[1:]
            if reaches(starts[-1], rest_of_module):
                return True
        except (ImportError, ValueError):
            pass
    return any(reaches(start, rest) for start in starts)


def reaches(start, parts) -> bool:
    for part in parts:
        try:
            start = getattr(start, part)
        except AttributeError:
            try:
                start = importlib.import_module(f"{start.__name__}.{part}")
            except (AttributeError, ImportError):
                return False
    return True


def known(span: str, seen: str) -> bool:
    """Whether a code span occurs in what runs, or each name in it leads to something."""
    plain = re.sub(r"\s+", " ", span)
    if plain in SPANS_ELSEWHERE or COMMAND.match(plain):
        return True
    if plain in seen or plain.rstrip("()") in seen:
        return True
    names = re.findall(r"(?<![\w.\"'])[A-Za-z_][\w.]*", re.sub(r"\"[^\"]*\"|'[^']*'", "", plain))
    return bool(names) and all(
        resolves(name)
        or re.search(rf"\b{re.escape(name)}\b", seen)
        or any(reaches(kind, name.split(".")[1:]) for kind in VARIABLES if "." in name)
        or re.search(rf"\b{re.escape(name)}\b", everywhere())
        for name in names
    )


@cache
def everywhere() -> str:
    """What all blocks say: an argument may be shown in another entry."""
    return "\n".join(block.source for block in SHEET.blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_quotes_exists(page):
    tests = property_tests(ROOT, page.name)
    sources = [block.source for entry in page.entries for block in entry.blocks]
    sources += [tests.read_text(encoding="utf-8")] if tests.is_file() else []
    seen = re.sub(r"\s+", " ", "\n".join(sources).replace('"\n        "', ""))
    missing = {
        f"docs/en/{page.name}.md:{line}: {span}"
        for section in page.written["en"].sections
        for line, text in section.prose
        for span in _SPAN.findall(text)
        if not known(span, seen)
    }
    assert not missing, "no block, test or module has it: " + "; ".join(sorted(missing))
