"""Every Python snippet runs as `python file.py` would, and prints what it shows."""

import os

import pytest

from cheatsheet.execution import execute
from cheatsheet.snippet import SNIPPETS, output_lines, shown_outputs

NAMES = [p.relative_to(SNIPPETS).with_suffix("").as_posix() for p in sorted(SNIPPETS.rglob("*.py"))]


@pytest.mark.parametrize("snippet", NAMES)
def test_prints_what_it_shows(snippet):
    path = SNIPPETS / f"{snippet}.py"
    result = execute(path)

    shown = shown_outputs(path, path.read_text(encoding="utf-8"))
    printed = {line: output_lines(text) for line, text in result.printed.items() if text}
    assert printed == shown, "the #> lines are out of date: run `nox -s outputs`"
    assert len(result.stdout) == sum(map(len, result.printed.values())), "a library printed this"
    assert result.stderr == "", "nothing may be written to stderr"
    assert os.listdir() == [], "a block leaves no file behind: use tempfile"
