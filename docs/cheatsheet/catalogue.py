"""The catalogue: every page, entry and block below a root, in reading order.

It is made from the navigation in `mkdocs.yml`, the pages of `docs/<language>/` and the files of
`snippets/`. Pages, tests, receipts, generated parts and checks are loops over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import yaml

from .gallery import SOURCES, Notebook, notebooks
from .snippet import FENCE, LANGUAGES, SourceError, essential, imports, localize

NOTEBOOK = ".ipynb"
CONFIGS = {"zh": "mkdocs.yml", "en": "docs/mkdocs.en.yml"}

_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +\{ #([\w-]+) \})?$")
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})(.*)$")
_INCLUDE = re.compile(r'^--8<-- "([^"]+)"$')
_GENERATED = re.compile(r"^<!-- ([\w-]+) -->$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ADMONITION = re.compile(r"^(?:!!!|\?\?\?\+?) +(\w+)")


@dataclass
class Section:
    """A heading of a page as written, and what stands under it up to the next heading."""

    line: int
    level: int
    title: str
    anchor: str | None
    includes: list[tuple[int, str]] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    admonitions: list[str] = field(default_factory=list)
    prose: list[tuple[int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.prose)


@dataclass
class Fence:
    """A fenced block as written: its first line, its info string and its lines."""

    line: int
    indent: str
    marker: str
    info: str
    body: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def include(self) -> str | None:
        """The file that it includes, below the folder of its page in `snippets/`."""
        match = _INCLUDE.match(self.body[0]) if len(self.body) == 1 else None
        return match[1] if match else None


@dataclass
class Written:
    """A page as written in one language. Lines are counted from 1; nothing is judged here."""

    path: Path
    name: str
    text: str
    sections: list[Section]
    fences: list[Fence]
    generated: list[tuple[int, str]]

    @property
    def title(self) -> str:
        return next((s.title for s in self.sections if s.level == 1), self.name)

    @property
    def description(self) -> str:
        found = re.match(r'---\n(?:.*\n)*?description: "?(\S.*?)"?\n', self.text)
        return found[1] if found else ""


@dataclass(frozen=True)
class Block:
    """One file of `snippets/`, shown in one entry. `name` is its path below `snippets/`."""

    path: Path
    name: str
    page: str
    entry: str
    source: str

    @property
    def kind(self) -> str:
        """The language of its fence: python, bash or console."""
        return FENCE[self.path.suffix]

    @property
    def runs(self) -> bool:
        return self.kind != "console"

    @property
    def id(self) -> str:
        """Its name without the suffix, as it is given on the command line."""
        return self.name.rpartition(".")[0]

    def shown(self, language: str) -> str:
        """Return the code as a reader of `language` sees it."""
        return localize(self.path, self.source, language)

    @property
    def essential(self) -> list[str]:
        return essential(self.path, self.source) if self.kind == "python" else []

    @property
    def imports(self) -> list[str]:
        """The imports that its essential lines need beside `torch`, `nn` and `F`."""
        return imports(self.source, self.essential) if self.essential else []


@dataclass
class Entry:
    """A question and its answer: a level-2 heading that shows blocks."""

    page: str
    anchor: str
    sections: dict[str, Section]
    blocks: list[Block]

    @property
    def id(self) -> str:
        return f"{self.page}#{self.anchor}"

    def title(self, language: str) -> str:
        return self.sections[language].title


@dataclass
class Page:
    """A page in every language. `name` is its path without `.md`, `chapter` its place in the nav."""

    name: str
    chapter: dict[str, str] | None
    written: dict[str, Written]
    entries: list[Entry]

    def title(self, language: str) -> str:
        return self.written[language].title


@dataclass
class Sheet:
    """The whole cheat sheet below `root`."""

    root: Path
    pages: list[Page]

    @classmethod
    def read(cls, root: Path) -> Sheet:
        """Read what stands below `root`.

        Raises:
            SourceError: a page, an entry or a file is missing in one place and named in another.
        """
        written = {language: read_written(root, language) for language in LANGUAGES}
        pages = []
        for line, chapter, name in navigation(root):
            if name.endswith(NOTEBOOK):
                continue
            for language in LANGUAGES:
                if name not in written[language]:
                    raise SourceError(
                        root / CONFIGS["zh"],
                        line,
                        f"docs/{language}/{name}.md is missing: write it",
                    )
            versions = {language: written[language][name] for language in LANGUAGES}
            pages.append(Page(name, chapter, versions, list(_entries(root, name, versions))))
        return cls(root, pages)

    @cached_property
    def notebooks(self) -> list[Notebook]:
        """The gallery, in the order of the navigation."""
        known = {notebook.name: notebook for notebook in notebooks(self.root)}
        names = [name for _, _, name in navigation(self.root) if name.endswith(NOTEBOOK)]
        return [known[name.removesuffix(NOTEBOOK)] for name in names]

    @cached_property
    def blocks(self) -> list[Block]:
        return [block for entry in self.entries for block in entry.blocks]

    @cached_property
    def entries(self) -> list[Entry]:
        return [entry for page in self.pages for entry in page.entries]

    @property
    def topics(self) -> list[Page]:
        """The pages of entries about PyTorch: all that have some, but how to contribute."""
        return [page for page in self.pages if page.entries and page.name != "contributing"]

    def chapters(self, language: str) -> list[tuple[str, list[Page]]]:
        """Return the chapters with their topics; a page outside chapters is one of its own."""
        found: list[tuple[str, list[Page]]] = []
        for page in self.topics:
            title = page.chapter[language] if page.chapter else page.title(language)
            if not page.chapter or not found or found[-1][0] != title:
                found.append((title, []))
            found[-1][1].append(page)
        return found

    def page(self, name: str) -> Page:
        return next(page for page in self.pages if page.name == name)

    def block(self, name: str) -> Block:
        return next(block for block in self.blocks if block.name == name)

    def titles(self, language: str) -> dict[str, str]:
        """Map `page#anchor` of every heading to its words."""
        return {
            f"{page.name}#{section.anchor}": section.title
            for page in self.pages
            for section in page.written[language].sections
        }

    def select(self, words: list[str]) -> list[Block]:
        """Return the blocks that run of the pages, entries or blocks named; all for no word.

        A word may be typed as it stands anywhere: `tensors/memory`, `tensors/memory#copy-tensor`,
        `snippets/tensors/memory/copy_tensor.py`, or the last part alone where it is clear.

        Raises:
            LookupError: a word names nothing, or several things; the message offers what is near.
        """
        runnable = [block for block in self.blocks if block.runs]
        if not words:
            return runnable
        chosen = {block.name for word in words for block in self._named(word, runnable)}
        return [block for block in runnable if block.name in chosen]

    def _named(self, word: str, blocks: list[Block]) -> list[Block]:
        plain = re.sub(r"^(?:snippets|docs/zh|docs/en|tests/snippets)/", "", word).rstrip("/")
        plain = re.sub(r"\.(?:py|sh|md)$", "", plain)
        page, _, anchor = plain.partition("#")
        tail = anchor or page.rpartition("/")[2]

        def of_entry(block: Block) -> bool:
            return tail.replace("_", "-") == block.entry and page in ("", tail, block.page)

        for match in (
            lambda b: not anchor and (b.page == page or b.page.startswith(f"{page}/")),
            lambda b: b.id == plain,
            lambda b: f"{b.page}/{b.entry}" == plain.replace("#", "/").replace("_", "-"),
            lambda b: b.page.rpartition("/")[2] == plain,
            of_entry,
            lambda b: b.id.rpartition("/")[2] == tail,
        ):
            if found := [block for block in blocks if match(block)]:
                return found
        known = {name for b in blocks for name in (b.page, b.id, f"{b.page}#{b.entry}", b.entry)}
        near = get_close_matches(plain, sorted(known), 3, 0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "see the folders of snippets/"
        raise LookupError(f"no page, entry or block is called {word!r}: {hint}")


def _entries(root: Path, name: str, written: dict[str, Written]) -> Iterator[Entry]:
    by_anchor = {la: {s.anchor: s for s in page.sections} for la, page in written.items()}
    first = LANGUAGES[0]
    for section in written[first].sections:
        if not section.includes or section.anchor is None:
            continue
        for language in LANGUAGES:
            if section.anchor not in by_anchor[language]:
                path = written[language].path
                raise SourceError(path, 1, f"#{section.anchor} stands in {first} alone: write it")
        blocks = []
        for line, include in section.includes:
            path = root / "snippets" / name / include
            if not path.is_file():
                raise SourceError(
                    written[first].path,
                    line,
                    f"snippets/{name}/{include} does not exist: create it",
                )
            source = path.read_text(encoding="utf-8")
            blocks.append(Block(path, f"{name}/{include}", name, section.anchor, source))
        sections = {language: by_anchor[language][section.anchor] for language in LANGUAGES}
        yield Entry(name, section.anchor, sections, blocks)


def navigation(root: Path) -> Iterator[tuple[int, dict[str, str] | None, str]]:
    """Yield `(line, chapter by language, page)` of each page that `mkdocs.yml` lists."""
    path = root / CONFIGS["zh"]
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()

    def walk(items, chapter):
        for item in items:
            if isinstance(item, str):
                line = next(n for n, text in enumerate(lines, start=1) if text.endswith(f" {item}"))
                yield line, chapter, item.removesuffix(".md")
            else:
                for name, below in item.items():
                    one = isinstance(below, str)
                    yield from walk(
                        [below] if one else below, chapter if one else named(path, name)
                    )

    yield from walk(yaml.load(text, _AnyTag)["nav"], None)


def named(path: Path, chapter: str) -> dict[str, str]:
    """Split the name of a chapter, `中文 | English`, by language."""
    parts = chapter.split(" | ")
    if len(parts) != len(LANGUAGES):
        raise SourceError(path, 1, f"nav: a chapter is called `中文 | English`, not {chapter!r}")
    return dict(zip(LANGUAGES, parts, strict=True))


class _AnyTag(yaml.SafeLoader):
    """Reads MkDocs' configuration without MkDocs: `!ENV` and Python names stay unread."""


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: None)
_AnyTag.add_multi_constructor("tag:", lambda loader, suffix, node: None)


def read_written(root: Path, language: str) -> dict[str, Written]:
    """Return the pages of one language by their path below `docs/<language>/`, without suffix."""
    folder = root / "docs" / language
    pages = [_read(path, folder) for path in sorted(folder.rglob("*.md"))]
    return {page.name: page for page in pages}


def _read(path: Path, folder: Path) -> Written:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(folder).with_suffix("").as_posix()
    page = Written(path, name, text, [], [], [])
    section = Section(1, 0, "", None)
    fence: Fence | None = None
    lines = text.splitlines()
    body = lines.index("---", 1) + 1 if lines[:1] == ["---"] and "---" in lines[1:] else 0
    for number, line in enumerate(lines[body:], start=body + 1):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[2].startswith(fence.marker) and not opening[3].strip():
                fence.closed = True
                if fence.include:
                    section.includes.append((fence.line + 1, fence.include))
                fence = None
            else:
                fence.body.append(line)
        elif opening:
            fence = Fence(number, opening[1], opening[2], opening[3])
            page.fences.append(fence)
        else:
            if heading := _HEADING.match(line):
                section = Section(number, len(heading[1]), heading[2], heading[3])
                page.sections.append(section)
            else:
                section.prose.append((number, line))
            if admonition := _ADMONITION.match(line):
                section.admonitions.append(admonition[1])
            if generated := _GENERATED.match(line):
                page.generated.append((number, generated[1]))
            section.links += [(number, target) for target in _LINK.findall(line)]
    return page


def snippet_files(root: Path) -> list[Path]:
    """Return the files of blocks; those of the gallery are notebooks."""
    return sorted(
        p
        for p in (root / "snippets").rglob("*")
        if p.suffix in FENCE and p.parent.name != SOURCES.name
    )
