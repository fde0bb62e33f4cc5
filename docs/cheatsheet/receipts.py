"""What ran where: one receipt per block and device, and what pages may say because of it.

`snippets/receipts/<device>.json` is written by `nox -s test -- --record` alone. A receipt counts
while the block's code, the pinned torch and the way blocks are run are what they were; otherwise
the page says that the block is not verified. Comments and `#>` lines are not part of the code.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import tomllib
from functools import cache
from pathlib import Path

from .pages import read_pages
from .snippet import LANGUAGES, ROOT, SNIPPETS, comments, localize

DEVICES = ("cpu", "cuda")
_RUNNERS = ("docs/cheatsheet/execution.py", "tests/test_scripts.py")
WORDS = {
    "zh": {
        "cpu": "CPU ✓ torch {torch}",
        "cuda": "CUDA ✓ {device}，{date}",
        "no cpu": "CPU：尚未验证",
        "no cuda": "CUDA：尚未验证",
        "placed": "设备放置已检查",
        "console": "不运行",
        "head": "| 代码块 | CPU | CUDA | 设备放置 |",
        "checked": "已检查",
        "not run": "不运行的代码块",
    },
    "en": {
        "cpu": "CPU ✓ torch {torch}",
        "cuda": "CUDA ✓ {device}, {date}",
        "no cpu": "CPU: not yet verified",
        "no cuda": "CUDA: not yet verified",
        "placed": "placement checked",
        "console": "not run",
        "head": "| Block | CPU | CUDA | Placement |",
        "checked": "checked",
        "not run": "Blocks that are not run",
    },
}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fingerprint(path: Path) -> str:
    """Return a hash of a snippet's code, comments and output lines aside."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return _digest(ast.dump(ast.parse(source)))
    lines = source.splitlines()
    for row, column, _ in comments(path, source):
        lines[row] = lines[row][:column].rstrip()
    return _digest("\n".join(lines))


@cache
def rules(root: Path = ROOT) -> str:
    """Return a hash of the code that runs blocks: when it changes, every receipt expires."""
    trees = [ast.parse((root / name).read_text(encoding="utf-8")) for name in _RUNNERS]
    return _digest("".join(ast.dump(tree) for tree in trees))


@cache
def pinned_torch(root: Path = ROOT) -> str:
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    return next(p.removeprefix("torch==") for p in groups["test"] if str(p).startswith("torch=="))


def _file(device: str, root: Path) -> Path:
    return root / "snippets" / "receipts" / f"{device}.json"


def read(device: str, root: Path = ROOT) -> dict[str, dict]:
    """Return the receipts of a device by snippet, valid or not; empty where none is recorded."""
    path = _file(device, root)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def valid(device: str, name: str, root: Path = ROOT) -> dict | None:
    """Return the receipt of a snippet (path below `snippets/`) if it still counts."""
    receipt = read(device, root).get(name)
    if not receipt or receipt["outcome"] != "passed":
        return None
    now = {
        "block": fingerprint(root / "snippets" / name),
        "rules": rules(),
        "torch": pinned_torch(),
    }
    return receipt if all(receipt[key] == value for key, value in now.items()) else None


def record(device: str, fresh: dict[str, dict], root: Path = ROOT) -> int:
    """Write receipts atomically and return how many changed.

    A receipt that is still valid is kept as it is, so that only what changed shows in a diff.
    Receipts of snippets that no longer exist are dropped.
    """
    kept = {n: r for n, r in read(device, root).items() if (root / "snippets" / n).is_file()}
    news = {
        name: receipt
        for name, receipt in fresh.items()
        if receipt["outcome"] != "passed"
        or not (old := valid(device, name, root))
        or old["placement"] != receipt["placement"]
    }
    path = _file(device, root)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".tmp")
    text = json.dumps(kept | news, indent=1, sort_keys=True, ensure_ascii=False)
    draft.write_text(text + "\n", encoding="utf-8")
    os.replace(draft, path)
    return len(news)


def badge(name: str, language: str) -> str:
    """Return what the page says under a block."""
    words = WORDS[language]
    if name.endswith(".console"):
        return words["console"]
    return " · ".join(said for said in _said(name, words) if said)


def _said(name: str, words: dict[str, str]) -> tuple[str, str, str]:
    cpu, cuda = valid("cpu", name), valid("cuda", name)
    placed = cpu and cpu["placement"]
    return (
        words["cpu"].format(**cpu) if cpu else words["no cpu"],
        words["cuda"].format(**cuda) if cuda else words["no cuda"],
        words["placed"] if placed and not cuda else "",
    )


def render(language: str) -> str:
    """Return the table of all blocks as Markdown, and the blocks that are not run with reasons."""
    words = WORDS[language]
    table, not_run = [words["head"], "| --- | --- | --- | --- |"], []
    for page, section, name in _shown(language):
        link = f"[{section.title}]({page}#{section.anchor}) `{Path(name).name}`"
        if name.endswith(".console"):
            path = SNIPPETS / name
            code = localize(path, path.read_text(encoding="utf-8"), language)
            not_run.append(f"- {link}: {code.splitlines()[0].lstrip('# ')}")
            continue
        cpu, cuda, placed = _said(name, words)
        table.append(f"| {link} | {cpu} | {cuda} | {words['checked'] if placed else ''} |")
    return "\n".join([*table, "", f"## {words['not run']} {{ #not-run }}", "", *not_run])


def _shown(language: str):
    for page, content in read_pages(language).items():
        for section in content.sections:
            for _, name in section.includes:
                yield page, section, name


def count(device: str) -> tuple[int, int]:
    """Return how many blocks are verified on a device, and how many run."""
    names = [name for _, _, name in _shown(LANGUAGES[0]) if not name.endswith(".console")]
    return sum(valid(device, name) is not None for name in names), len(names)
