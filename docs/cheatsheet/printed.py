"""The outputs that a snippet shows: `#>` exactly what it prints, `#~` an example of its form."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .snippet import CLOSE, EXAMPLE, OUTPUT, SourceError, parsed

_NUMBER = re.compile(
    r"[-+]?\d+(?:[.,]\d+)*\.?(?:e[-+]?\d+)?(?:\s?(?:[nuµm]?s|[KMGT]?i?B|[KMGT]b|%|x)\b|%)?",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_DEVICE = re.compile(r"\b(?:cpu|cuda|mps|xpu)(?::\d+)?\b", re.IGNORECASE)
_RULE = re.compile(r"-{3,}|={3,}")
ANYTHING = "…"


@dataclass(frozen=True)
class Shown:
    """The output lines under one statement, without their mark."""

    lines: tuple[str, ...]
    example: bool = False


def statements(tree: ast.AST) -> list[ast.stmt]:
    """Return the statements without a body of their own, those that can hold a `print`."""
    return [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and not hasattr(n, "body")]


def _is_output(line: str) -> bool:
    return line.lstrip().startswith((OUTPUT, EXAMPLE))


def shown(path: Path, source: str) -> dict[int, Shown]:
    """Map the last line of each statement (from 1) to the outputs right under it.

    Raises:
        SourceError: an output stands under no statement, at another indentation, or half exact.
    """
    ends = {s.end_lineno: s.col_offset for s in statements(parsed(path, source))}
    found: dict[int, list[str]] = {}
    owner = None
    for number, line in enumerate(source.splitlines(), start=1):
        if _is_output(line):
            if owner is None or ends[owner] != len(line) - len(line.lstrip()):
                raise SourceError(
                    path, number, f"{line.strip()[:2]} stands under no print: run `nox -s outputs`"
                )
            found.setdefault(owner, []).append(line.strip())
        elif line.strip() != CLOSE or owner is None:
            owner = number if number in ends else None
    for owner, lines in found.items():
        if len({line[:2] for line in lines}) > 1:
            raise SourceError(path, owner + 1, f"one print has either {OUTPUT} or {EXAMPLE} lines")
    return {
        owner: Shown(tuple(line[3:] for line in lines), lines[0].startswith(EXAMPLE))
        for owner, lines in found.items()
    }


def lines_of(text: str) -> tuple[str, ...]:
    """Return printed text as it is shown: lines without trailing white space."""
    return tuple(line.rstrip() for line in text.splitlines())


def form(line: str) -> str:
    """Return what of an example output must stay: its words; numbers, devices and widths are free."""
    line = _DEVICE.sub("<device>", line)
    return " ".join(_RULE.sub("<rule>", _NUMBER.sub("<n>", line)).split())


def same_form(example: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether output has the form of an example: as many lines, the same words, `…` for any text."""
    return len(example) == len(printed) and all(map(_matches, example, printed))


def _matches(example: str, line: str) -> bool:
    pattern = ".*".join(re.escape(form(piece)) for piece in example.split(ANYTHING))
    return re.fullmatch(pattern, form(line)) is not None


def close(line: str, other: str) -> bool:
    """Whether two lines agree in their words, and in their decimals to 1e-3."""
    here, there = (list(map(float, _DECIMAL.findall(text))) for text in (line, other))
    return _DECIMAL.sub("0.0", line) == _DECIMAL.sub("0.0", other) and all(
        abs(a - b) <= 1e-3 * max(1, abs(b)) for a, b in zip(here, there, strict=True)
    )


def disagreements(
    expected: dict[int, Shown], printed: dict[int, str], exact: bool = True
) -> list[str]:
    """Return a message for each statement that prints other than what the snippet shows.

    With `exact=False`, decimals may differ in the last digits, as they do between devices.
    """
    found = []
    texts = {line: lines_of(text) for line, text in printed.items() if text}
    for number in sorted(expected.keys() | texts.keys()):
        want, got = expected.get(number, Shown(())), texts.get(number, ())
        if want.example:
            same = same_form(want.lines, got)
        elif exact or len(want.lines) != len(got):
            same = want.lines == got
        else:
            same = all(map(close, got, want.lines))
        if not same:
            kind = "an example of it" if want.example else "it"
            found.append(
                f"line {number} prints {_quoted(got)}, and {kind} is shown as {_quoted(want.lines)}"
            )
    return found


def _quoted(lines: tuple[str, ...]) -> str:
    return repr("\n".join(lines)) if lines else "nothing"


def rewritten(path: Path, source: str, printed: dict[int, str], examples: bool = False) -> str:
    """Return `source` with the outputs of `printed` (last line of a statement → text).

    An example that still has the form of what is printed is kept, unless `examples` asks for anew.
    """
    try:
        old = shown(path, source)
    except SourceError:
        old = {}
    indents = {s.end_lineno: s.col_offset for s in statements(parsed(path, source))}
    result = []
    for number, line in enumerate(source.splitlines(), start=1):
        if _is_output(line):
            continue
        result.append(line)
        lines = lines_of(printed.get(number, ""))
        before = old.get(number, Shown(()))
        mark = EXAMPLE if before.example else OUTPUT
        if before.example and same_form(before.lines, lines):
            lines = before.lines if not examples else tuple(map(_kept, before.lines, lines))
        result += [" " * indents[number] + f"{mark} {text}".rstrip() for text in lines]
    return "\n".join(result) + "\n"


def _kept(example: str, line: str) -> str:
    return example if ANYTHING in example else line
