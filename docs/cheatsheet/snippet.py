"""One file of `snippets/`: how it reads in each language, and which outputs it shows."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = Path(os.environ.get("CHEATSHEET_SNIPPETS", ROOT / "snippets"))
LANGUAGES = ("zh", "en")
FENCE = {".py": "python", ".sh": "bash", ".console": "console"}

CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
OUTPUT = "#>"
COLUMNS = 72
_SEPARATOR = " | "
_PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? +[A-Za-z]{2,}")
_SHELL_COMMENT = re.compile(r"(?:^|(?<=\s))#(?!>).*$")


class SourceError(Exception):
    """Something a contributor wrote is wrong: where, what, and what to do."""

    def __init__(self, path: Path, line: int, message: str):
        where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        super().__init__(f"{where}:{line}: {message}")


def comments(path: Path, source: str, outputs: bool = False) -> list[tuple[int, int, str]]:
    """Return `(row, column, text)` of every comment, outputs only if wanted; rows start at 0."""
    if path.suffix != ".py":
        found = [(row, _SHELL_COMMENT.search(line)) for row, line in enumerate(source.splitlines())]
        return [(row, m.start(), m.group().rstrip()) for row, m in found if m]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise SourceError(path, 1, f"not valid Python: {error}") from error
    return [
        (t.start[0] - 1, t.start[1], t.string)
        for t in tokens
        if t.type == tokenize.COMMENT and (outputs or not t.string.startswith(OUTPUT))
    ]


def halves(path: Path, row: int, comment: str) -> tuple[str, str] | None:
    """Split `# 中文 | English`; return None for a neutral comment.

    Raises:
        SourceError: one language is missing, or the halves stand the wrong way round.
    """
    text = comment.lstrip("#").strip()
    if not CJK.search(text):
        if text.startswith(_SEPARATOR.strip()) or _PROSE.search(text):
            raise SourceError(
                path, row + 1, f"no Chinese half in {comment!r}: write it as `# 中文 | English`"
            )
        return None
    zh, separator, en = text.partition(_SEPARATOR)
    if not separator or not en.strip() or not zh.strip():
        raise SourceError(
            path, row + 1, f"no English half in {comment!r}: write it as `# 中文 | English`"
        )
    if CJK.search(en) or not CJK.search(zh):
        raise SourceError(
            path, row + 1, f"{comment!r}: Chinese stands left of ` | `, English right of it"
        )
    return zh.strip(), en.strip()


def localize(path: Path, source: str, language: str) -> str:
    """Return `source` with each bilingual comment reduced to the half of `language`."""
    lines = source.splitlines()
    for row, column, comment in comments(path, source):
        pair = halves(path, row, comment)
        if pair:
            lines[row] = f"{lines[row][:column]}# {pair[LANGUAGES.index(language)]}"
    return "\n".join(lines) + "\n"


def statements(tree: ast.AST) -> list[ast.stmt]:
    """Return the statements without a body of their own, those that can hold a `print`."""
    return [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and not hasattr(n, "body")]


def shown_outputs(path: Path, source: str) -> dict[int, list[str]]:
    """Map the last line of each statement (from 1) to the `#>` lines right under it.

    Raises:
        SourceError: a `#>` line stands under no statement, or at another indentation.
    """
    lines = source.splitlines()
    ends = {s.end_lineno: s.col_offset for s in statements(ast.parse(source))}
    shown: dict[int, list[str]] = {}
    owner = None
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(OUTPUT):
            indent = len(line) - len(line.lstrip())
            if owner is None or ends[owner] != indent:
                raise SourceError(
                    path, number, "a `#>` line stands right under its print: run `nox -s outputs`"
                )
            shown.setdefault(owner, []).append(line.strip())
        else:
            owner = number if number in ends else None
    return shown


def with_outputs(source: str, printed: dict[int, str]) -> str:
    """Return `source` with the `#>` lines that `printed` (last line of statement → text) asks for."""
    tree = ast.parse(source)
    indents = {s.end_lineno: s.col_offset for s in statements(tree)}
    result = []
    for number, line in enumerate(source.splitlines(), start=1):
        if line.lstrip().startswith(OUTPUT):
            continue
        result.append(line)
        if number in printed:
            result += [" " * indents[number] + out for out in output_lines(printed[number])]
    return "\n".join(result) + "\n"


def output_lines(text: str) -> list[str]:
    """Return printed text as `#>` lines, without trailing white space."""
    return [f"{OUTPUT} {line}".rstrip() for line in text.splitlines()]
