"""What decides a verdict on a block, hashed so that a change is noticed and a renaming is not.

`python tests/tools/verdict.py` notes the present state in `tests/tools/verdict.txt`, after `RULES`
in docs/cheatsheet/receipts.py was raised, or after a look that no block that passed could now fail.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTED = ROOT / "tests" / "tools" / "verdict.txt"
DECIDES = (
    "docs/cheatsheet/execution.py",
    "docs/cheatsheet/printed.py",
    "tests/blocks/test_blocks.py",
    "tests/harness/fork.py",
    "tests/harness/placement.py",
)


class _Nameless(ast.NodeTransformer):
    """Numbers the arguments and variables of each function, and drops docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        bound = [a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)]
        keywords = {a.arg for a in node.args.kwonlyargs}
        stored = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)]
        names = [n for n in dict.fromkeys([*bound, *stored]) if n not in keywords]
        numbers = {name: f"_{i}" for i, name in enumerate(names)}
        for child in ast.walk(node):
            if isinstance(child, ast.Name):
                child.id = numbers.get(child.id, child.id)
            elif isinstance(child, ast.arg):
                child.arg = numbers.get(child.arg, child.arg)
        self.generic_visit(node)
        return _without_docstring(node)


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _without_docstring(node):
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    return node


def decided_by(source: str) -> str:
    """Return a hash of a module that names of variables, comments and docstrings do not change."""
    tree = _Nameless().visit(_without_docstring(ast.parse(source)))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def state() -> list[str]:
    from cheatsheet.receipts import RULES

    hashes = [f"{name} {decided_by((ROOT / name).read_text('utf-8'))}" for name in DECIDES]
    return [f"RULES {RULES}", *hashes]


if __name__ == "__main__":
    NOTED.write_text("\n".join(state()) + "\n", encoding="utf-8")
