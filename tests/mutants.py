"""`nox -s mutants`: edits the snippets wrongly, one edit at a time, and reports which no test sees.

A maintained mutation tester changes modules that tests import. Here the program is a script, its
expected output stands in its comments, and both must be seen, so the edits are made here.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cheatsheet.execution import execute
from cheatsheet.outputs import select
from cheatsheet.snippet import ROOT, SNIPPETS, output_lines, shown_outputs

SECONDS = 20
_NEGATED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def replacements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield `(what is done, new node)` for each wrong edit of one node."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return():
            yield "delete", ast.Pass()
        case ast.Constant(value=bool()):
            yield "flip", ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield "change", ast.Constant(node.value + 1)
        case ast.Compare(ops=[op]) if type(op) in _NEGATED:
            yield "negate", ast.Compare(node.left, [_NEGATED[type(op)]()], node.comparators)
        case ast.Call():
            if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
                yield "drop call", node.func.value
            if len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
                first, second, *rest = node.args
                yield "swap", ast.Call(node.func, [second, first, *rest], node.keywords)
            for keyword in node.keywords:
                kept = [k for k in node.keywords if k is not keyword]
                yield f"drop {keyword.arg}", ast.Call(node.func, node.args, kept)


def _is_module(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in {
        "torch",
        "nn",
        "F",
        "np",
        "pd",
        "os",
        "random",
    }


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield `(line, what was done, mutated source)`; comments and outputs stay as they are."""
    tree = ast.parse(source)
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    spared = {id(node) for check in checks for node in ast.walk(check)}
    data = source.encode()
    starts = [0, *(m.end() for m in re.finditer(b"\n", data))]
    for node in ast.walk(tree):
        if id(node) in spared or isinstance(node, ast.JoinedStr) or _is_print(node):
            continue
        for done, new in replacements(node):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            old, text = data[start:end].decode(), ast.unparse(ast.fix_missing_locations(new))
            changed = (data[:start] + text.encode() + data[end:]).decode()
            with contextlib.suppress(SyntaxError):
                if ast.dump(ast.parse(changed)) != ast.dump(tree):
                    edit = f"{done}: {old.splitlines()[0]} -> {text.splitlines()[0]}"
                    yield node.lineno, edit, changed


def _is_print(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return is_call and node.func.id == "print"


def tests_of(snippet: str) -> list[str]:
    """Return the ids of the tests that run a snippet (`page/id`, without suffix)."""
    page, _, _ = snippet.rpartition("/")
    folder, _, last = page.rpartition("/")
    path = ROOT / "tests" / "snippets" / folder / f"test_{last}.py"
    ids = [
        f"{ROOT}/tests/test_scripts.py::test_prints_what_it_shows[{snippet}]",
        f"{ROOT}/tests/test_placement.py::test_places_its_tensors[{snippet}]",
    ]
    if path.is_file():
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            text = ast.get_source_segment(source, node) or ""
            runs_it = f"{snippet}.py" in text or f'"{snippet.rpartition("/")[2]}' in text
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and runs_it:
                ids.append(f"{path}::{node.name}")
    return ids


def forked(check, *args) -> int:
    """Run `check(*args)` silently in a forked process; return its exit code, not 0 after SECONDS."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        signal.alarm(SECONDS)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        code = 1
        with contextlib.suppress(BaseException):
            code = int(check(*args))
        os._exit(code)
    status = os.waitpid(pid, 0)[1]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def wrong_output(path: Path) -> bool:
    """Run a snippet as a script, without pytest; True when it prints what it does not show."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        result = execute(path)
    shown = shown_outputs(path, path.read_text(encoding="utf-8"))
    return shown != {line: output_lines(text) for line, text in result.printed.items() if text}


def failing_tests(folder: Path, ids: list[str]) -> int:
    os.environ["CHEATSHEET_SNIPPETS"] = str(folder)
    for name in [n for n in sys.modules if n.partition(".")[0] == "cheatsheet"]:
        del sys.modules[name]
    return pytest.main(["-q", "-x", "-p", "no:cacheprovider", *ids])


def survives(folder: Path, name: Path, ids: list[str]) -> bool:
    """Whether no check goes red on the snippets of `folder`: the quick one first."""
    return forked(wrong_output, folder / name) == 0 == forked(failing_tests, folder, ids)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description=__doc__)
    parser.add_argument("snippets", nargs="*", help="folders or files below snippets/")
    paths = select(parser.parse_args().snippets)
    import torch._dynamo  # noqa: F401  every forked child inherits it

    total = alive = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "snippets"
        shutil.copytree(SNIPPETS, copy)
        for path in paths:
            name = path.relative_to(SNIPPETS)
            ids = tests_of(name.with_suffix("").as_posix())
            source = path.read_text(encoding="utf-8")
            if not survives(copy, name, ids):
                sys.exit(f"{name}: its tests fail before any edit")
            survivors, count = [], 0
            for line, edit, changed in mutants(source):
                count += 1
                (copy / name).write_text(changed, encoding="utf-8")
                if survives(copy, name, ids):
                    survivors.append(f"    {name}:{line}: {edit}")
            (copy / name).write_text(source, encoding="utf-8")
            total, alive = total + count, alive + len(survivors)
            print(f"{name}: {count - len(survivors)} of {count} killed", *survivors, sep="\n")
            sys.stdout.flush()
    print(f"{total - alive} of {total} wrong edits seen, {alive} not")


if __name__ == "__main__":
    main()
