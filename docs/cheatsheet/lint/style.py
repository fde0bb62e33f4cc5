"""Formatting and typography, what no ready tool does alone.

ruff would write `# >` and break lines for the sake of both halves of a comment, so comments are
hidden from it. autocorrect sets spaces and full-width punctuation; it leaves inline code alone,
so its spaces are checked here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..catalogue import snippet_files
from ..glossary import avoided_words
from ..snippet import COLUMNS, SourceError, comments, halves

# ruff leaves comments that start with `#:` as they are.
_HIDDEN = re.compile(r"#:~(\d+)~")
_TIGHT_CODE = re.compile(r"[\u4e00-\u9fff]`[^`\n]+`|`[^`\n]+`[\u4e00-\u9fff]")
_CODE = re.compile(r"`[^`\n]+`")


def formatted(paths: list[Path]) -> dict[Path, str]:
    """Return snippets as ruff formats them at the displayed width, their comments untouched.

    Raises:
        SourceError: ruff cannot read one.
    """
    hidden, result = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            source = path.read_text(encoding="utf-8")
            lines = source.splitlines()
            hidden[path] = comments(path, source, machine=True)
            for index, (row, column, _) in enumerate(hidden[path]):
                lines[row] = f"{lines[row][:column]}#:~{index}~"
            Path(folder, f"{number}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated"]
        width = ["--line-length", str(COLUMNS), "--no-cache", folder]
        done = subprocess.run(command + width, capture_output=True, text=True)
        if done.returncode:
            number = int(re.search(r"(\d+)\.py", done.stderr)[1])
            raise SourceError(paths[number], 1, done.stderr.strip())
        for number, path in enumerate(paths):
            text = Path(folder, f"{number}.py").read_text(encoding="utf-8")
            texts = [comment for _, _, comment in hidden[path]]
            result[path] = _HIDDEN.sub(lambda m, texts=texts: texts[int(m[1])], text)
    return result


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


def wanted(root: Path) -> dict[Path, str]:
    """Return each snippet and each Chinese page below `root` as it should be written."""
    pages = sorted((root / "docs" / "zh").rglob("*.md"))
    scripts = [path for path in snippet_files(root) if path.suffix == ".py"]
    return formatted(scripts) | {p: set_chinese(p.read_text(encoding="utf-8")) for p in pages}


def problems(root: Path, fix: bool = False) -> Iterator[SourceError]:
    """Yield what is not written as it should be; with `fix` what could be repaired is repaired."""
    for path, better in wanted(root).items():
        now = path.read_text(encoding="utf-8")
        if better == now:
            continue
        if fix:
            path.write_text(better, encoding="utf-8")
            continue
        pairs = zip(now.splitlines(), better.splitlines(), strict=False)
        line, text = next(
            ((n, b) for n, (a, b) in enumerate(pairs, start=1) if a != b), (1, "its length")
        )
        yield SourceError(path, line, f"`nox -s lint -- --fix` writes {text.strip()!r}")
    words = avoided_words(root)
    for path in [*sorted((root / "docs" / "zh").rglob("*.md")), *snippet_files(root)]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for word, better in words.items():
                if word in _CODE.sub("", line):
                    yield SourceError(path, number, f"{word!r}: write {better} (glossary)")
    for path in snippet_files(root):
        yield from _comment_problems(path)


def _comment_problems(path: Path) -> Iterator[SourceError]:
    import autocorrect_py

    for row, _, comment in comments(path, path.read_text(encoding="utf-8")):
        pair = halves(path, row, comment)
        if pair and (better := autocorrect_py.format(pair[0])) != pair[0]:
            yield SourceError(path, row + 1, f"{pair[0]!r}: write {better!r}")
