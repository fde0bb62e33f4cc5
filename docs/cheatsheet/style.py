"""`nox -s lint`, what no ready tool does alone: snippets keep `#>`, Chinese follows the glossary.

ruff would write `# >` and break lines for the sake of both halves of a comment, so comments are
hidden from it. autocorrect sets spaces and full-width punctuation; it leaves inline code alone,
so its spaces are checked here.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from .snippet import COLUMNS, ROOT, SNIPPETS, comments, halves

# ruff leaves comments that start with `#:` as they are.
_HIDDEN = re.compile(r"#:~(\d+)~")
_AVOIDED = {"就地": "原地", "测试模式": "评估模式", "您": "祈使句", "你": "祈使句", "欧式": "欧氏"}
_TIGHT_CODE = re.compile(r"[\u4e00-\u9fff]`[^`\n]+`|`[^`\n]+`[\u4e00-\u9fff]")
_CODE = re.compile(r"`[^`\n]+`")


def formatted(path: Path) -> str:
    """Return a snippet as ruff formats it at the displayed width, its comments untouched."""
    source = path.read_text(encoding="utf-8")
    lines, hidden = source.splitlines(), comments(path, source, outputs=True)
    for number, (row, column, _) in enumerate(hidden):
        lines[row] = f"{lines[row][:column]}#:~{number}~"
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    width = ["--line-length", str(COLUMNS)]
    done = subprocess.run(
        command + width, input="\n".join(lines) + "\n", capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        sys.exit(f"{path}: {done.stderr}")
    return _HIDDEN.sub(lambda m: hidden[int(m[1])][2], done.stdout)


def spaced(line: str) -> str:
    """Return a line of Chinese with one space between Chinese and each inline code span."""
    pieces = re.split(r"(`[^`\n]+`)", line)
    for i in range(1, len(pieces), 2):
        if re.search(r"[\u4e00-\u9fff]$", pieces[i - 1]):
            pieces[i - 1] += " "
        if re.match(r"[\u4e00-\u9fff]", pieces[i + 1]):
            pieces[i + 1] = " " + pieces[i + 1]
    return "".join(pieces)


def set_chinese(text: str) -> str:
    """Return Chinese Markdown with spaces and punctuation as the glossary asks."""
    import autocorrect_py

    lines = autocorrect_py.format_for(text, "md").split("\n")
    return "\n".join(spaced(line) if _TIGHT_CODE.search(line) else line for line in lines)


def avoided(path: Path, text: str) -> list[str]:
    """Return a message for each word that the glossary replaces by another."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {word!r}: write {better} (glossary)"
        for number, line in enumerate(text.splitlines(), start=1)
        for word, better in _AVOIDED.items()
        if word in _CODE.sub("", line)
    ]


def comment_problems(path: Path) -> list[str]:
    """Return a message for each Chinese half of a comment that breaks the typography."""
    import autocorrect_py

    found = []
    for row, _, comment in comments(path, path.read_text(encoding="utf-8")):
        pair = halves(path, row, comment)
        if pair and autocorrect_py.format(pair[0]) != pair[0]:
            better = autocorrect_py.format(pair[0])
            found.append(f"{path.relative_to(ROOT)}:{row + 1}: {pair[0]!r}: write {better!r}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s lint --", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="snippets only; default: everything")
    parser.add_argument("--fix", action="store_true")
    args = parser.parse_args()
    roots = [p.resolve() for p in args.paths] or [SNIPPETS]
    scripts = sorted({q for p in roots for q in ([p] if p.is_file() else p.rglob("*.py"))})
    wanted = {path: formatted(path) for path in scripts if path.suffix == ".py"}
    messages = []
    if not args.paths:
        pages = [*(ROOT / "docs" / "zh").rglob("*.md")]
        wanted |= {p: set_chinese(p.read_text(encoding="utf-8")) for p in pages}
        for path in [*pages, *SNIPPETS.rglob("*.*")]:
            messages += avoided(path, path.read_text(encoding="utf-8"))
        for path in SNIPPETS.rglob("*.*"):
            messages += comment_problems(path)
    for path, better in wanted.items():
        now = path.read_text(encoding="utf-8")
        if better == now:
            continue
        if args.fix:
            path.write_text(better, encoding="utf-8")
        pairs = zip(now.splitlines(), better.splitlines(), strict=False)
        line, text = next(
            ((n, b) for n, (a, b) in enumerate(pairs, start=1) if a != b), (1, "its length")
        )
        done = "repaired" if args.fix else "`nox -s lint -- --fix` writes"
        messages.append(f"{path.relative_to(ROOT)}:{line}: {done} {text.strip()!r}")
    print("\n".join(messages))
    sys.exit(1 if messages and not args.fix else 0)


if __name__ == "__main__":
    main()
