"""`nox -s agree`: notes that both languages, the blocks and the tests of an entry were read together.

`docs/agreed.txt` has one line an entry, with a hash of each side. A side that changes makes the
line stale: the check names it and asks for the others to be read, and the page says so meanwhile.
The file also keeps the addresses of entries: one that is gone is missed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from .catalogue import Entry, Page, Sheet
from .lint.prose import claims, property_tests
from .snippet import EXAMPLE, OUTPUT, SourceError

FILE = Path("docs", "agreed.txt")
SIDES = {"zh": "the Chinese text", "en": "the English text", "code": "a block", "test": "a test"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def sides(sheet: Sheet, entry: Entry) -> dict[str, str]:
    """Return a hash of each side of an entry: both texts, its blocks, the tests of its claims."""
    code = [
        line
        for block in entry.blocks
        for line in block.source.splitlines()
        if not line.lstrip().startswith((OUTPUT, EXAMPLE))
    ]
    tests = {
        ast.dump(test)
        for _, claimed, _, test in claims(property_tests(sheet.root, entry.page))
        if claimed == entry.id
    }
    texts = {la: f"{s.title}\n{s.text}" for la, s in entry.sections.items()}
    return {
        **{language: _digest(" ".join(text.split())) for language, text in texts.items()},
        "code": _digest("\n".join(code)),
        "test": _digest("\n".join(sorted(tests))),
    }


def frame(sheet: Sheet, page: Page) -> dict[str, str]:
    """Return a hash of what a page says outside its entries: titles, description, rows, chapter."""
    entries = {entry.anchor for entry in page.entries if any(b.runs for b in entry.blocks)}
    rows = sorted((sheet.root / "docs" / "errata").rglob("*.yml")) if page.name == "errata" else []
    states = {}
    for language, written in page.written.items():
        other = [s for s in written.sections if s.anchor not in entries]
        texts = [written.description, *(f"{s.title} {s.text}" for s in other)]
        texts += [page.chapter[language]] if page.chapter else []
        states[language] = _digest(" ".join(" ".join(texts).split()))
    code = "".join(path.read_text(encoding="utf-8") for path in rows)
    return {**states, "code": _digest(code), "test": _digest("")}


class Agreed:
    """What was agreed, and what of it is stale."""

    def __init__(self, sheet: Sheet):
        self.sheet = sheet

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """The agreed states of each entry; after a merge there may be two."""
        found: dict[str, list[str]] = {}
        path = self.sheet.root / FILE
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            entry, _, state = line.partition(" ")
            found.setdefault(entry, []).append(state)
        return found

    def changed(self, entry: Entry) -> list[str]:
        """Return the sides of an entry that changed since it was agreed; all where it never was."""
        if not any(block.runs for block in entry.blocks):
            return []  # it says how to do a thing here, and nothing of torch
        return self._changed(entry.id, sides(self.sheet, entry))

    def _changed(self, name: str, now: dict[str, str]) -> list[str]:
        states = [dict(re.findall(r"(\w+)=(\w+)", s)) for s in self.lines.get(name, [])]
        changes = [[side for side in now if state.get(side) != now[side]] for state in states]
        return min(changes, key=len, default=list(now))

    def problems(self) -> Iterator[SourceError]:
        entries = {entry.id: entry for entry in self.sheet.entries}
        for entry in entries.values():
            if not (changed := self.changed(entry)):
                continue
            page = self.sheet.page(entry.page)
            side = "en" if changed == ["en"] else "zh"
            if entry.id not in self.lines:
                yield SourceError(
                    page.written["zh"].path,
                    entry.sections["zh"].line,
                    f"#{entry.anchor} was never read in both languages: read its texts, blocks and "
                    f"tests, then `nox -s agree -- {entry.id}`",
                )
                continue
            others = [name for key, name in SIDES.items() if key not in changed]
            what = " and ".join(SIDES[key] for key in changed)
            ask = f"read {', '.join(others)} too" if others else "read both languages and the tests"
            yield SourceError(
                page.written[side].path,
                entry.sections[side].line,
                f"#{entry.anchor}: {what} changed since it was agreed: {ask}, then "
                f"`nox -s agree -- {entry.id}`",
            )
        for page in self.sheet.pages:
            if changed := self._changed(page.name, frame(self.sheet, page)):
                side = "en" if changed == ["en"] else "zh"
                yield SourceError(
                    page.written[side].path,
                    1,
                    f"title, description, chapter, or what stands outside the entries changed in "
                    f"{' and '.join(changed)} since both languages were read: read them, then "
                    f"`nox -s agree -- {page.name}`",
                )
        pages = {page.name for page in self.sheet.pages}
        for name in self.lines.keys() - entries.keys() - pages:
            yield SourceError(
                self.sheet.root / FILE,
                1,
                f"{name} is gone, and readers have its address: bring it back, or take its line "
                "out here",
            )

    def agree(self, chosen: list[Entry], pages: list[Page] = ()) -> None:
        """Note the present state of entries and of pages, atomically; of a new page with its entry."""
        states = dict(self.lines)
        new = {entry.page for entry in chosen} - self.lines.keys()
        for page in (*pages, *(page for page in self.sheet.pages if page.name in new)):
            now = frame(self.sheet, page)
            states[page.name] = [" ".join(f"{side}={text}" for side, text in now.items())]
        for entry in chosen:
            now = sides(self.sheet, entry)
            states[entry.id] = [" ".join(f"{side}={text}" for side, text in now.items())]
        path = self.sheet.root / FILE
        draft = path.with_suffix(".tmp")
        lines = [f"{name} {state}\n" for name in sorted(states) for state in states[name]]
        draft.write_text("".join(lines), encoding="utf-8")
        os.replace(draft, path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s agree --", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="+", help="pages or entries that you have read")
    words = parser.parse_args().words
    sheet = Sheet.read(Path.cwd())
    pages = [page for page in sheet.pages if page.name in words]
    try:
        blocks = [
            block
            for word in words
            if word not in {p.name for p in pages if not p.entries or p.name == "contributing"}
            for block in sheet.select([word])
        ]
    except LookupError as error:
        sys.exit(f"agree: {error}")
    names = {f"{block.page}#{block.entry}" for block in blocks}
    chosen = [entry for entry in sheet.entries if entry.id in names]
    Agreed(sheet).agree(chosen, pages)
    print(f"agreed: {', '.join([*(page.name for page in pages), *(e.id for e in chosen)])}")


if __name__ == "__main__":
    main()
