"""Every Python snippet runs as `python file.py` would, and prints what it shows.

With CHEATSHEET_DEVICE=cuda it must also have used the GPU, where it chooses a device at all.
Numbers are then compared with a tolerance, because kernels differ in the last digits.
"""

import os
import re

import pytest
import torch

from cheatsheet.execution import execute
from cheatsheet.snippet import SNIPPETS, output_lines, shown_outputs

NAMES = [p.relative_to(SNIPPETS).with_suffix("").as_posix() for p in sorted(SNIPPETS.rglob("*.py"))]
ON_CUDA = os.environ.get("CHEATSHEET_DEVICE") == "cuda"
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")


def close(printed, shown):
    """Whether outputs agree in their words exactly and in their decimals to 1e-3."""

    def split(outputs):
        text = "\n".join(f"{line} {out}" for line, outs in outputs.items() for out in outs)
        return NUMBER.sub("0.0", text), [float(n) for n in NUMBER.findall(text)]

    (words, numbers), (words_shown, numbers_shown) = split(printed), split(shown)
    return words == words_shown and numbers == pytest.approx(numbers_shown, rel=1e-3, abs=1e-3)


def test_decimals_are_compared_with_a_tolerance_and_words_are_not():
    assert close({3: ["#> 0.1234 True"]}, {3: ["#> 0.1235 True"]})
    assert not close({3: ["#> 0.1234 True"]}, {3: ["#> 0.2234 True"]})
    assert not close({3: ["#> 0.1234 True"]}, {3: ["#> 0.1234 False"]})


@pytest.mark.parametrize("snippet", NAMES)
def test_prints_what_it_shows(snippet):
    path = SNIPPETS / f"{snippet}.py"
    result = execute(path)

    shown = shown_outputs(path, path.read_text(encoding="utf-8"))
    printed = {line: output_lines(text) for line, text in result.printed.items() if text}
    if ON_CUDA:
        torch.cuda.synchronize()
        if "current_accelerator" in path.read_text(encoding="utf-8"):
            assert torch.cuda.max_memory_allocated() > 0, "it chose the GPU and did not use it"
        assert close(printed, shown)
    else:
        assert printed == shown, "the #> lines are out of date: run `nox -s outputs`"
    assert len(result.stdout) == sum(map(len, result.printed.values())), "a library printed this"
    assert result.stderr == "", "nothing may be written to stderr"
    assert os.listdir() == [], "a block leaves no file behind: use tempfile"
