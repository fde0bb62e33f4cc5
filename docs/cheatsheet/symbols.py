"""Which symbols of torch and torchvision each block uses.

What an import leads to, the syntax tree tells. Whose method `x.view` is, only a run can: `nox -s api`
runs the blocks and writes it to `docs/methods.txt`, one line a block, which the tests hold against
a run of theirs. So the site needs no torch.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import os
import sys
import tempfile
from pathlib import Path

from .catalogue import Block, Sheet
from .execution import execute, in_child

FILE = Path("docs", "methods.txt")
PACKAGES = ("torch", "torchvision")
_HEAD = "# Written by `nox -s api`: the methods and attributes of torch that each block uses.\n"


def of_block(block: Block, methods: dict[str, list[str]]) -> set[str]:
    """Return the symbols that a Python block uses; `methods` is what a run has found."""
    return imported(block.source) | set(methods.get(block.name, []))


def read(root: Path) -> dict[str, list[str]]:
    """Return the methods of each block, as the last run has found them."""
    path = root / FILE
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    parts = (line.split(" ") for line in lines if line and not line.startswith("#"))
    return {name: symbols for name, *symbols in parts}


def imported(source: str) -> set[str]:
    """Return the symbols that names and dotted names of a program lead to, by its imports."""
    tree = ast.parse(source)
    known = _imports(tree)
    found, inner = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            if isinstance(node, ast.Attribute):
                inner.add(id(node.value))
            if name := _dotted(node, known):
                inner.update(map(id, ast.walk(node)))
                found.add(name)
    return {name for name in found if "._" not in name.replace(".__", ".") and "." in name}


def _imports(tree: ast.AST) -> dict[str, str]:
    """Map each imported name to what it stands for, where that is of torch."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                start = alias.name if alias.asname else alias.name.partition(".")[0]
                known[alias.asname or start] = start
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return {name: full for name, full in known.items() if full.partition(".")[0] in PACKAGES}


def _dotted(node: ast.AST, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute) and (start := _dotted(node.value, known)):
        return f"{start}.{node.attr}"
    return None


# The run


class _Asking(ast.NodeTransformer):
    """Lets every `x.attr` that no import explains tell what `x` is."""

    def __init__(self, known: dict[str, str]):
        self.known = known

    def visit_Attribute(self, node: ast.Attribute):
        if _dotted(node, self.known):
            return node
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            asked = ast.Call(
                ast.Name("__asked__", ast.Load()), [node.value, ast.Constant(node.attr)], []
            )
            node.value = ast.copy_location(asked, node.value)
        return node


def methods(path: Path) -> list[str]:
    """Run a block in this process, with questions in it, and return what of torch answers them."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    known = _imports(tree)
    found: set[str] = set()

    def asked(value, attribute: str):
        if symbol := owner(value, attribute):
            found.add(symbol)
        return value

    builtins.__asked__ = asked
    asking = Path(path.name)
    asking.write_text(ast.unparse(ast.fix_missing_locations(_Asking(known).visit(tree))))
    execute(asking)
    return sorted(found - imported(source))


def owner(value, attribute: str) -> str | None:
    """Return `torch.Tensor.view` for any tensor and `view`: the first class to have it, in public.

    What is set in `__init__` belongs to the class of the value; the names that a user gives to
    parts of a module belong to nobody, and what another library writes anew is not torch's.
    """
    kind = type(value)
    if isinstance(value, type) or attribute.startswith("_") or kind.__name__ == "super":
        return None
    if attribute in getattr(value, "__dict__", {}).get("_modules", ()):
        return None
    line = [c for c in reversed(kind.__mro__) if attribute in vars(c) or attribute in _annotated(c)]
    if line and line[-1].__module__.partition(".")[0] not in (*PACKAGES, "__main__", "builtins"):
        return None
    ours = [c for c in [*line, kind] if c.__module__.partition(".")[0] in PACKAGES]
    public = next(filter(None, map(public_name, ours)), None)
    return f"{public}.{attribute}" if public else None


def _annotated(kind: type) -> dict:
    found = vars(kind).get("__annotations__")
    return found if isinstance(found, dict) else {}


def public_name(kind: type) -> str | None:
    """Return the shortest public path that leads to a class."""
    import torch

    if kind in (torch._C.TensorBase, torch.UntypedStorage.__mro__[1]):
        kind = torch.Tensor if kind is torch._C.TensorBase else torch.UntypedStorage
    if kind is torch.GradScaler:
        return "torch.amp.GradScaler"  # where its page has it
    parts = kind.__module__.split(".")
    if kind.__name__.startswith("_") or parts[:2] == ["torch", "return_types"]:
        return None
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        private = any(part.startswith("_") for part in parts[:end])
        if not private and getattr(sys.modules.get(name), kind.__name__, None) is kind:
            return f"{name}.{kind.__name__}"
    return None


def used(block: Block) -> list[str]:
    """Return the methods that a block uses, found by a run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return methods(block.path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s api --", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="pages, entries or blocks; all without one")
    words = parser.parse_args().words
    root = Path.cwd()
    sheet = Sheet.read(root)
    import torch._dynamo  # noqa: F401  every forked child inherits it
    import torchvision  # noqa: F401

    python = [block for block in sheet.blocks if block.kind == "python"]
    known = read(root)
    try:
        chosen = {block.name for block in sheet.select(words)}
    except LookupError as error:
        sys.exit(f"api: {error}")
    table = {
        block.name: in_child(used, block) if block.name in chosen else known.get(block.name, [])
        for block in python
    }
    lines = [
        " ".join([name, *symbols]) + "\n" for name, symbols in sorted(table.items()) if symbols
    ]
    draft = (root / FILE).with_suffix(".tmp")
    draft.write_text(_HEAD + "".join(lines), encoding="utf-8")
    os.replace(draft, root / FILE)
    print(f"{len(chosen & table.keys())} blocks run, {len(lines)} with methods: {FILE}")


if __name__ == "__main__":
    main()
