"""Each API page that is linked to is about something that the installed torch has."""

import ast
import importlib
import re
import tomllib
from functools import reduce

import pytest

from harness import ROOT

pytestmark = pytest.mark.here


def linked_names(sheet):
    links = {
        target
        for page in sheet.pages
        for section in page.written["en"].sections
        for _, target in section.links
    }
    return {m[1] for link in links if (m := re.search(r"/generated/([\w.]+)\.html", link))}


def exists(name):
    """Resolve a dotted name: the longest start that is a module, then attributes."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[end:], module)
        except AttributeError:
            return False
        return True
    return False


def test_every_linked_api_exists(sheet):
    names = linked_names(sheet)
    assert len(names) > 40
    assert [name for name in sorted(names) if not exists(name)] == []


def test_the_versions_that_pages_show_are_the_ones_that_run():
    import torch
    import torchvision

    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    pins = {pin for pin in groups["blocks"] if re.match(r"torch(vision)?==", pin)}
    installed = {
        f"{module.__name__}=={module.__version__.partition('+')[0]}"
        for module in (torch, torchvision)
    }
    assert installed == pins


def test_only_existing_blocks_are_excused_from_the_placement_check(sheet):
    source = (ROOT / "tests/blocks/test_blocks.py").read_text(encoding="utf-8")
    (excused,) = re.findall(r"NOT_JUDGED: dict\[str, str\] = (\{.*?\n\})", source, re.DOTALL)
    assert ast.literal_eval(excused).keys() <= {block.id for block in sheet.blocks}
