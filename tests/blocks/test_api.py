"""What the API index says of methods is what a run of each block finds on the installed torch."""

import importlib
from functools import reduce

import pytest

from cheatsheet import symbols
from cheatsheet.catalogue import Sheet
from harness import ROOT

SHEET = Sheet.read(ROOT)
PYTHON = [block for block in SHEET.blocks if block.kind == "python"]
TABLE = symbols.read(ROOT)


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.id)
def test_the_methods_of_a_block_are_those_of_the_table(block):
    try:
        found = symbols.methods(block.path)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed here")
    assert found == TABLE.get(block.name, []), f"run `nox -s api -- {block.id}`"


@pytest.mark.here
def test_the_table_names_no_other_block():
    assert TABLE.keys() <= {block.name for block in PYTHON}


@pytest.mark.here
def test_every_imported_symbol_exists():
    for block in PYTHON:
        for name in symbols.imported(block.source):
            parts = name.split(".")
            for end in range(len(parts), 0, -1):
                try:
                    module = importlib.import_module(".".join(parts[:end]))
                    break
                except ModuleNotFoundError:
                    continue
            reduce(getattr, parts[end:], module)
