"""The sheet on one page: each entry's name and essential lines, to be filtered and printed."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from ..catalogue import Block, Entry, Sheet
from ..code import hung
from ..glossary import other_names
from ..snippet import comments, localize
from .filtered import filtered

WORDS = {
    "zh": {
        "filter": "筛选：条目、API、关键词",
        "count": "{} 条",
        "pdf": "[下载 PDF](sheet.pdf)（A4）。",
    },
    "en": {
        "filter": "Filter: entry, API, keyword",
        "count": "{} entries",
        "pdf": "[Download as PDF](sheet.pdf) (A4).",
    },
}


def lines_of(entry: Entry, language: str) -> str:
    """Return the essential lines of an entry's first block that has some, as a reader sees them."""
    block = next((block for block in entry.blocks if block.essential), None)
    return essential_of(block, language) if block else ""


def essential_of(block: Block, language: str) -> str:
    return localize(block.path, "\n".join(block.essential) + "\n", language).rstrip("\n")


def render(sheet: Sheet, language: str, pdf: bool = False) -> str:
    """Return all entries in columns."""
    words = WORDS[language]
    lines = [f"{words['pdf']}\n{{ .no-print }}\n"] if pdf else []
    entries = sum(len(page.entries) for page in sheet.topics)
    lines.append(filtered("sheet", words["filter"], words["count"], entries))
    for title, pages in sheet.chapters(language):
        for page in pages:
            top = page.written[language].sections[0].anchor
            named = f"[{page.title(language)}]({page.name}.md#{top})"
            chapter = f"{title} · " if page.chapter else ""
            lines += [f"## {chapter}{named} {{ #{page.name.replace('/', '-')} }}", ""]
            for entry in page.entries:
                lines += _shown(entry, language)
    return "\n".join([*lines, "</div>"])


def names_script(sheet: Sheet) -> str:
    """Return a script with what else entries are called, for the filter, by their anchors."""
    known = other_names(sheet.root)
    named = {e.anchor: " ".join(known[e.id]).lower() for e in sheet.entries if e.id in known}
    return f"cheatsheetNames = {json.dumps(named, ensure_ascii=False, separators=(',', ':'))}\n"


def _shown(entry: Entry, language: str) -> list[str]:
    code = lines_of(entry, language)
    return [
        "<section markdown>",
        f"[{entry.title(language)}]({entry.page}.md#{entry.anchor})",
        *([f'<div class="code">{marked(code)}</div>'] if code else []),
        "</section>",
        "",
    ]


def marked(code: str) -> str:
    """Return code as HTML, dense, with its comments set apart; long lines hang."""
    lines = [line for line in code.split("\n") if line.strip()]
    code = "\n".join(lines)
    starts = {row: column for row, column, _ in comments(Path("essential.py"), code, machine=True)}
    for row, line in enumerate(lines):
        at = starts.get(row, len(line))
        at = at if line[:at].strip() else 0  # Markdown keeps spaces within an element
        comment = f"<i>{escape(line[at:], quote=False)}</i>" if at < len(line) else ""
        lines[row] = escape(line[:at], quote=False) + comment
    return hung("\n".join(lines))
