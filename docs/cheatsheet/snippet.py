"""One file of `snippets/`: how it reads in each language, and which of its lines are essential."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from pathlib import Path

LANGUAGES = ("zh", "en")
FENCE = {".py": "python", ".sh": "bash", ".console": "console"}

CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
OUTPUT, EXAMPLE = "#>", "#~"
OPEN, CLOSE = "#[", "#]"
COLUMNS = 72
_MACHINE = (OUTPUT, EXAMPLE, OPEN, CLOSE)
_SEPARATOR = " | "
_USUAL = {"torch", "nn", "F"}  # imported by every program
_PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? +[A-Za-z]{2,}")
_SHELL_COMMENT = re.compile(r"(?:^|(?<=\s))#(?![>~\[\]]).*$")


class SourceError(Exception):
    """Something a contributor wrote is wrong: where, what, and what to do."""

    def __init__(self, path: Path, line: int, message: str):
        here = Path.cwd()
        where = path.relative_to(here) if path.is_relative_to(here) else path
        super().__init__(f"{where}:{line}: {message}")


def parsed(path: Path, source: str) -> ast.Module:
    """Return the syntax tree of a Python snippet.

    Raises:
        SourceError: it is not valid Python.
    """
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(path, error.lineno or 1, f"not valid Python: {error.msg}") from error


def comments(path: Path, source: str, machine: bool = False) -> list[tuple[int, int, str]]:
    """Return `(row, column, text)` of every comment; rows start at 0.

    `machine` adds those that are written for the machine: outputs and the marks of essential lines.
    """
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
        if t.type == tokenize.COMMENT and (machine or not t.string.startswith(_MACHINE))
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
    """Return what a reader of `language` sees: one half of each comment, no marks."""
    lines = source.splitlines()
    for row, column, comment in comments(path, source):
        pair = halves(path, row, comment)
        if pair:
            lines[row] = f"{lines[row][:column]}# {pair[LANGUAGES.index(language)]}"
    if path.suffix == ".py":
        lines = [line for line in lines if line.strip() not in (OPEN, CLOSE)]
    return "\n".join(lines) + "\n"


def essential(path: Path, source: str) -> list[str]:
    """Return the pieces of code between the marks `#[` and `#]`, outputs aside, dedented.

    Raises:
        SourceError: a mark without its partner, or a piece that is no whole statement.
    """
    pieces, start = [], None
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() == OPEN:
            if start is not None:
                raise SourceError(path, number, f"`{OPEN}` stands inside `{OPEN}`: close it first")
            start, piece = number, []
        elif line.strip() == CLOSE:
            if start is None:
                raise SourceError(path, number, f"`{CLOSE}` closes nothing: open with `{OPEN}`")
            text = textwrap.dedent("\n".join(piece)).strip("\n")
            try:
                whole = bool(ast.parse(text).body)
            except SyntaxError:
                whole = False
            if not whole:
                raise SourceError(path, start, f"`{OPEN}` … `{CLOSE}` hold whole statements")
            pieces.append(text)
            start = None
        elif start is not None and not line.lstrip().startswith((OUTPUT, EXAMPLE)):
            piece.append(line)
    if start is not None:
        raise SourceError(path, start, f"`{OPEN}` is never closed: end it with `{CLOSE}`")
    return pieces


def essential_lines(source: str) -> list[int]:
    """Return the numbers (from 1) of the essential lines among those that readers see."""
    found, number, inside = [], 0, False
    for line in source.splitlines():
        if line.strip() in (OPEN, CLOSE):
            inside = line.strip() == OPEN
            continue
        number += 1
        if inside and line.strip() and not line.lstrip().startswith((OUTPUT, EXAMPLE)):
            found.append(number)
    return found


def imports(source: str, pieces: list[str]) -> list[str]:
    """Return the imports of a snippet that its essential lines need, `torch`, `nn` and `F` aside."""
    used = {node.id for piece in pieces for node in ast.walk(ast.parse(piece)) if _is_name(node)}
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [name for name in node.names if (name.asname or name.name) in used - _USUAL]
            if names:
                node.names = names
                found.append(ast.unparse(node))
    return [line for line in found if not any(line in piece for piece in pieces)]


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def code_lines(piece: str) -> int:
    """Return how many lines of a piece hold code."""
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") for line in piece.split("\n")
    )
