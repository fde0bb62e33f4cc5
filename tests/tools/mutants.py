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

from cheatsheet.catalogue import Block, Sheet
from cheatsheet.execution import execute
from cheatsheet.printed import disagreements, shown

SECONDS = 60
TESTS = ("tests/blocks/test_blocks.py", "tests/snippets")
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
    return bool(disagreements(shown(path, path.read_text(encoding="utf-8")), result.printed))


def failing_tests(root: Path, block: Block) -> int:
    """Run, in a copy of the repository, the tests that are about one block."""
    os.chdir(root)
    sys.path[:0] = [str(root / "docs"), str(root / "tests")]
    return pytest.main(["-q", "-x", "-p", "no:cacheprovider", f"--only={block.id}", *TESTS])


def survives(root: Path, block: Block) -> bool:
    """Whether no check goes red on the block in the copy below `root`: the quick one first."""
    quick = forked(wrong_output, root / "snippets" / block.name)
    return quick == 0 == forked(failing_tests, root, block)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description=__doc__)
    parser.add_argument("words", nargs="*", help="pages, entries or blocks")
    here = Path.cwd()
    try:
        blocks = Sheet.read(here).select(parser.parse_args().words)
    except LookupError as error:
        sys.exit(f"mutants: {error}")
    import torch._dynamo  # noqa: F401  every forked child inherits it

    total = alive = 0
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name in ("docs", "snippets", "tests", "mkdocs.yml", "pyproject.toml"):
            source = here / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
        for block in (block for block in blocks if block.kind == "python"):
            path = root / "snippets" / block.name
            if not survives(root, block):
                sys.exit(f"{block.name}: its tests fail before any edit")
            survivors, count = [], 0
            for line, edit, changed in mutants(block.source):
                count += 1
                path.write_text(changed, encoding="utf-8")
                if survives(root, block):
                    survivors.append(f"    {block.name}:{line}: {edit}")
            path.write_text(block.source, encoding="utf-8")
            total, alive = total + count, alive + len(survivors)
            print(f"{block.name}: {count - len(survivors)} of {count} killed", *survivors, sep="\n")
            sys.stdout.flush()
    print(f"{total - alive} of {total} wrong edits seen, {alive} not")


if __name__ == "__main__":
    main()
