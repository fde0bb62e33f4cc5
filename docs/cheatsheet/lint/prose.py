"""What a machine can hold of prose: both languages name the same, claims have tests, links lead.

A sentence that could be false is quoted by its test: `@pytest.mark.claim("page#entry", "…")`. Both
are then found from each other, and a sentence that changes without its test is a fault.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from ..catalogue import Entry, Page, Section, Sheet
from ..snippet import CJK, LANGUAGES, SourceError, code_lines

ESSENTIAL = range(1, 9)
OFFICIAL = "https://docs.pytorch.org/"
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) +", re.MULTILINE)


def plain(text: str) -> str:
    """Return prose as it is read: links as their words, no marks, one space between words."""
    return " ".join(re.sub(r"[*`]", "", _LINK.sub(r"\1", text)).split())


def differences(zh: str, en: str) -> list[str]:
    """Return what one language of a section names and the other does not."""
    found = []
    for kind, pick in (
        ("code spans", lambda text: set(_SPAN.findall(text))),
        ("numbers", lambda text: set(_NUMBER.findall(_SPAN.sub(" ", text)))),
    ):
        here, there = (pick(_LINK.sub(r"\1", text)) for text in (zh, en))
        if here != there:
            only = [
                f"{la} only: {', '.join(sorted(x))}"
                for la, x in (("zh", here - there), ("en", there - here))
                if x
            ]
            found.append(f"{kind} differ, {'; '.join(only)}")
    items = [len(_ITEM.findall(text)) for text in (zh, en)]
    if items[0] != items[1]:
        found.append(f"list items differ: zh has {items[0]}, en has {items[1]}")
    return found


def property_tests(root: Path, page: str) -> Path:
    """Return the file of the property tests of a page."""
    path = PurePosixPath(page)
    return root / "tests" / "snippets" / path.with_name(f"test_{path.name}.py")


@cache
def _parsed(path: Path, _modified: int) -> tuple[ast.Module, str]:
    source = path.read_text(encoding="utf-8")
    return ast.parse(source), source


def claims(path: Path) -> list[tuple[int, str, str, ast.FunctionDef]]:
    """Return `(line, entry, quote, test)` of each quote of `@pytest.mark.claim(entry, quote, …)`."""
    if not path.is_file():
        return []
    tree, _ = _parsed(path, path.stat().st_mtime_ns)
    found = []
    for test in ast.walk(tree):
        for mark in getattr(test, "decorator_list", []):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.claim":
                entry, *quotes = [ast.literal_eval(argument) for argument in mark.args]
                found += [(mark.lineno, entry, quote, test) for quote in quotes]
    return found


def problems(sheet: Sheet) -> Iterator[SourceError]:
    """Yield every fault of the prose of a sheet, in reading order."""
    anchors = {f"{p.name}#{s.anchor}" for p in sheet.pages for s in p.written["en"].sections}
    pages = {page.name for page in sheet.pages}
    for page in sheet.pages:
        yield from _parity(page)
        for language in LANGUAGES:
            yield from _language(page, language)
            yield from _links(page, language, anchors, pages)
        for entry in page.entries:
            yield from _entry(sheet, page, entry)
        yield from _quotes(sheet, page)


def _parity(page: Page) -> Iterator[SourceError]:
    zh, en = (page.written[language].sections for language in LANGUAGES)
    for here, there in zip(zh, en, strict=True):
        for message in differences(here.text, there.text):
            yield SourceError(
                page.written["zh"].path,
                here.line,
                f"#{here.anchor}: {message} (docs/en/{page.name}.md:{there.line})",
            )


def _language(page: Page, language: str) -> Iterator[SourceError]:
    """A Chinese description or heading is Chinese; a name of code alone is in no language."""
    written = page.written[language]
    texts = [(1, written.description), *((s.line, s.title) for s in written.sections)]
    for line, text in texts:
        words = re.findall(r"\b[a-z]{2,}\b", re.sub(r"`[^`]*`|\w*[_.()]\w*", "", text))
        if language == "zh" and not CJK.search(text) and len(words) > 1:
            yield SourceError(written.path, line, f"{text!r} is not Chinese: write it in Chinese")
        if language == "en" and CJK.search(text):
            yield SourceError(written.path, line, f"{text!r} is not English: write it in English")


def _links(page: Page, language: str, anchors: set[str], pages: set[str]) -> Iterator[SourceError]:
    path = page.written[language].path
    for section in page.written[language].sections:
        for line, target in section.links:
            if "://" in target:
                bare = "#" not in target and "/generated/" not in target
                if target.startswith(OFFICIAL) and bare:
                    yield SourceError(path, line, f"{target}: lead to the paragraph: add its #…")
                continue
            name, _, anchor = target.partition("#")
            there = PurePosixPath(page.name).parent / name if name else PurePosixPath(page.name)
            found = _normal(there).removesuffix(".md")
            if found not in pages and name:
                yield SourceError(path, line, f"{target}: there is no page {found}")
            elif not anchor:
                yield SourceError(path, line, f"{target} leads to a page: add the entry's #…")
            elif f"{found}#{anchor}" not in anchors:
                yield SourceError(path, line, f"{target}: {found} has no #{anchor}")


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _entry(sheet: Sheet, page: Page, entry: Entry) -> Iterator[SourceError]:
    """Essential lines once; a test that runs each block; a claim that a test holds."""
    path, line = page.written["zh"].path, entry.sections["zh"].line
    blocks = [block for block in entry.blocks if block.kind == "python"]
    if not blocks:
        return
    marked = {block.name: sum(map(code_lines, block.essential)) for block in blocks}
    marked = {name: count for name, count in marked.items() if count}
    if len(marked) != 1 or sum(marked.values()) not in ESSENTIAL:
        yield SourceError(
            path,
            line,
            f"#{entry.anchor}: mark one to eight lines of one block with `#[` … `#]`, "
            f"now it is {marked or 'none'}",
        )
    tests = property_tests(sheet.root, page.name)
    if not tests.is_file():
        yield SourceError(path, line, f"{tests.relative_to(sheet.root)} does not exist: write it")
        return
    _, source = _parsed(tests, tests.stat().st_mtime_ns)
    for block in blocks:
        if block.name not in source:
            yield SourceError(tests, 1, f'no test runs {block.name}: call run("{block.name}")')
    if entry.id not in {claimed for _, claimed, _, _ in claims(tests)}:
        yield SourceError(
            tests, 1, f'no claim of {entry.id} is held: `@pytest.mark.claim("{entry.id}", "…")`'
        )


def _quotes(sheet: Sheet, page: Page) -> Iterator[SourceError]:
    sections: dict[str, Section] = {
        f"{page.name}#{s.anchor}": s for s in page.written["en"].sections
    }
    for line, entry, quote, _ in claims(property_tests(sheet.root, page.name)):
        if not entry.startswith(f"{page.name}#"):
            continue
        if entry not in sections:
            yield SourceError(property_tests(sheet.root, page.name), line, f"there is no {entry}")
        elif plain(quote) not in plain(sections[entry].text):
            where = f"docs/en/{page.name}.md:{sections[entry].line}"
            yield SourceError(
                property_tests(sheet.root, page.name),
                line,
                f"{entry} ({where}) no longer says {quote!r}: see whether the test still holds "
                "what it says, then quote that",
            )
