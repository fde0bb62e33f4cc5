"""The pages of both languages: as written, and as expanded to what is displayed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .snippet import LANGUAGES, ROOT

CONFIGS = {"zh": "mkdocs.yml", "en": "docs/mkdocs.en.yml"}

_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +\{ #([\w-]+) \})?$")
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})(.*)$")
_INCLUDE = re.compile(r'^--8<-- "([^"]+)"$')
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ADMONITION = re.compile(r"^(?:!!!|\?\?\?\+?) +(\w+)")


@dataclass
class Section:
    """A heading and what stands under it, up to the next heading."""

    line: int
    level: int
    title: str
    anchor: str | None
    includes: list[tuple[int, str]] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    admonitions: list[str] = field(default_factory=list)


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
        match = _INCLUDE.match(self.body[0]) if len(self.body) == 1 else None
        return match[1] if match else None


@dataclass
class Page:
    """A page as written. Lines are counted from 1."""

    path: Path
    name: str
    text: str
    sections: list[Section]
    fences: list[Fence]
    prose: list[tuple[int, str]]


def read_page(path: Path, folder: Path) -> Page:
    """Split a page into sections, fences and prose lines; nothing is judged here."""
    text = path.read_text(encoding="utf-8")
    page = Page(path, path.relative_to(folder).as_posix(), text, [], [], [])
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
            if admonition := _ADMONITION.match(line):
                section.admonitions.append(admonition[1])
            section.links += [(number, target) for target in _LINK.findall(line)]
            page.prose.append((number, line))
    return page


def read_pages(language: str, root: Path = ROOT) -> dict[str, Page]:
    """Return the pages of one language by their path below `docs/<language>/`."""
    folder = root / "docs" / language
    pages = [read_page(path, folder) for path in sorted(folder.rglob("*.md"))]
    return {page.name: page for page in pages}


def expand(language: str) -> dict[str, str]:
    """Return each page as the site displays it, still Markdown: every include expanded.

    Runs the preprocessors that `mkdocs.yml` configures, in their order, up to the one that turns
    fences into HTML. This is the pipeline of the build, so what comes out is what readers see.
    """
    import markdown
    from mkdocs.config import load_config
    from mkdocs.utils.meta import get_data

    config = load_config(str(ROOT / CONFIGS[language]))
    md = markdown.Markdown(
        extensions=config.markdown_extensions, extension_configs=config.mdx_configs
    )
    expanded = {}
    for name, page in read_pages(language).items():
        lines = get_data(page.text)[0].split("\n")
        for step in md.preprocessors:
            if step is md.preprocessors["fenced_code_block"]:
                break
            lines = step.run(lines)
        expanded[name] = "\n".join(lines)
    return expanded


def write_expanded(folder: Path) -> None:
    """Write the expanded pages of both languages below `folder`, for pytest-codeblocks."""
    for language in LANGUAGES:
        for name, text in expand(language).items():
            path = folder / language / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    import sys

    write_expanded(Path(sys.argv[1]))
