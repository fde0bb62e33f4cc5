"""The one expansion: a page and a language in, the Markdown that is displayed out.

MkDocs shows it, the tests run its blocks, and `build/pages/<language>/` holds it for whoever reads
plain Markdown. A fence whose only line is `--8<-- "file.py"` becomes that file of
`snippets/<page>/` in the page's language, with the line that says where it ran; a line
`<!-- name -->` becomes the part of that name in `PARTS`.
"""

from __future__ import annotations

import argparse
import re
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .agreed import Agreed
from .catalogue import Block, Page, Sheet
from .gallery import FIGURE
from .pages import api, errata, gallery, home, messages, sheet, verification
from .receipts import Receipts
from .release import Release, project
from .snippet import LANGUAGES, SourceError

INCLUDE = re.compile(r'^```(\w+)\n--8<-- "([^"\n]+)"\n```$', re.MULTILINE)
GENERATED = re.compile(r"^<!-- ([\w-]+) -->$", re.MULTILINE)
PARTS = {
    "api": lambda e, language: api.render(e.sheet, language),
    "chapters": lambda e, language: home.chapters(e.sheet, language),
    "gallery": lambda e, language: gallery.index(e.sheet, language),
    "errata": lambda e, language: errata.render(e.sheet, language),
    "messages": lambda e, language: messages.render(e.sheet, language),
    "search": lambda e, language: home.search(language),
    "sheet": lambda e, language: sheet.render(e.sheet, language, e.pdf),
    "takeaways": lambda e, language: home.takeaways(e.sheet, language),
    "verification": lambda e, language: verification.render(e.sheet, language, e.receipts),
    "ways": lambda e, language: home.ways(e.sheet, language, e.release, e.pdf),
}


@dataclass
class Expanded:
    """A page as displayed: its Markdown, and each block with the line of its fence (from 1)."""

    page: Page
    language: str
    text: str
    blocks: list[tuple[int, Block]] = field(default_factory=list)


@dataclass
class Expander:
    """Expands the pages of a catalogue, for a release or for this machine."""

    sheet: Sheet
    release: Release | None = None
    pdf: bool = False
    """Whether the one page is printed beside the site."""

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts.read(self.sheet)

    @cached_property
    def stale(self) -> set[str]:
        """The entries whose languages, blocks and tests do not agree."""
        agreed = Agreed(self.sheet)
        return {entry.id for entry in self.sheet.entries if agreed.changed(entry)}

    @cached_property
    def source_url(self) -> str:
        if self.release:
            return self.release.source_url()
        repository = project(self.sheet.root)["project"]["urls"]["repository"].rstrip("/")
        return f"{repository}/blob/main/snippets/"

    def page(self, page: Page, language: str, markdown: str | None = None) -> Expanded:
        """Return a page as displayed; `markdown` replaces its text where the caller has read it.

        Raises:
            SourceError: it asks for a part that nothing makes.
        """
        included, texts = [], []
        for part in self.parts(page, language, markdown):
            if isinstance(part, Block):
                included.append(part)
                under = verification.line_under(
                    *(part, language, self.receipts, self.source_url),
                    stale=f"{page.name}#{part.entry}" in self.stale,
                )
                texts.append(f"```{part.kind}\n{part.shown(language)}```\n\n{under}\n")
            else:
                texts.append(part)
        text = "".join(texts)
        if any(block.runs for block in included):
            text = f"{text.rstrip()}\n\n{verification.of_a_page(language, self.receipts)}\n"
        return Expanded(page, language, text, list(_placed(text, included)))

    def parts(self, page: Page, language: str, markdown: str | None = None) -> list[str | Block]:
        """Return a page's Markdown, its generated parts in place, split where it shows a block."""
        text = page.written[language].text if markdown is None else markdown
        blocks = {block.name: block for entry in page.entries for block in entry.blocks}

        def make(part: re.Match) -> str:
            if part[1] not in PARTS:
                line = text[: part.start()].count("\n") + 1
                names = ", ".join(PARTS)
                raise SourceError(
                    page.written[language].path, line, f"no part {part[1]!r}: there are {names}"
                )
            return PARTS[part[1]](self, language)

        def figure(asked: re.Match) -> str:
            return gallery.linked(self.sheet, page.name, language, asked[1], int(asked[2]))

        pieces = INCLUDE.split(FIGURE.sub(figure, GENERATED.sub(make, text)))
        pieces[2::3] = [blocks[f"{page.name}/{name}"] for name in pieces[2::3]]
        del pieces[1::3]
        return pieces

    def downloads(self, page: Page, language: str) -> dict[str, str]:
        """Return the files of a page's blocks, as the page shows them, by their path in the site."""
        blocks = (block for entry in page.entries for block in entry.blocks)
        return {block.name: block.shown(language) for block in blocks}

    def all(self) -> list[Expanded]:
        return [self.page(page, la) for la in LANGUAGES for page in self.sheet.pages]

    def write(self, folder: Path) -> None:
        """Write every page below `folder/<language>/`, and nothing else, all or nothing."""
        draft = folder.with_name(f"{folder.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        for expanded in self.all():
            path = draft / expanded.language / f"{expanded.page.name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(expanded.text, encoding="utf-8")
            for name, code in self.downloads(expanded.page, expanded.language).items():
                file = draft / expanded.language / name
                file.parent.mkdir(exist_ok=True)
                file.write_text(code, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)


def _placed(text: str, included: list[Block]):
    fences = (n for n, line in enumerate(text.split("\n"), start=1) if re.match(r"```\w", line))
    yield from zip(fences, included, strict=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    Expander(Sheet.read(Path.cwd())).write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
