"""What is published beside the pages of a language: for editors, programs and language models."""

from __future__ import annotations

import json

from .expand import Expander
from .glossary import other_names
from .notebooks import markdown
from .pages import api
from .pages.sheet import essential_of, names_script
from .snippet import FENCE, SourceError

WORDS = {
    "zh": {
        "title": "PyTorch 速查表",
        "about": "中英双语的 PyTorch 速查表，每个代码块都真正运行过。下面每一页都是 Markdown，代码块是可以单独运行的完整文件；"
        "`#>` 后面是核对过的输出。",
        "also": "又名：{}",
        "stop": "。",
        "list": "、",
        "optional": "Optional",
    },
    "en": {
        "title": "PyTorch cheat sheet",
        "about": "A bilingual PyTorch cheat sheet whose every block has really run. Each page below "
        "is Markdown, each block a whole file that runs alone; `#>` marks output that was checked.",
        "also": "Also known as: {}",
        "stop": ".",
        "list": ", ",
        "optional": "Optional",
    },
}


def files(expander: Expander, language: str) -> dict[str, str]:
    """Return the text of each file by its path below the language's home."""
    return {
        "assets/javascripts/names.js": names_script(expander.sheet),
        "api.json": api.as_json(expander.sheet, language, home(expander, language)),
        "llms.txt": llms(expander, language),
        "llms-full.txt": llms_full(expander, language),
        "pytorch-cheatsheet.code-snippets": _json(snippets(expander, language)),
        "snippets.json": _json(plain_snippets(expander, language)),
    }


def _json(data) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def home(expander: Expander, language: str) -> str:
    """Return the address of a language's home, where it is published or on this machine."""
    if expander.release:
        return expander.release.canonical_url(language)
    return f"http://127.0.0.1:8000/{language}/"


def llms(expander: Expander, language: str) -> str:
    """Return an index of the pages as llmstxt.org has it: a link and what a page answers."""
    words, address = WORDS[language], home(expander, language)
    lines = [f"# {words['title']}", "", f"> {words['about']}", ""]
    for title, pages in expander.sheet.chapters(language):
        lines += [f"## {title}", ""]
        for page in pages:
            link = f"[{page.title(language)}]({address}{page.name}.md)"
            lines.append(f"- {link}: {page.written[language].description}")
        lines.append("")
    lines += [f"## {words['optional']}", ""]
    for name in ("errata", "verification", "contributing"):
        for page in expander.sheet.pages:
            if page.name == name:
                link = f"[{page.title(language)}]({address}{page.name}.md)"
                lines.append(f"- {link}: {page.written[language].description}")
    return "\n".join(lines).rstrip("\n") + "\n"


def llms_full(expander: Expander, language: str) -> str:
    """Return every topic in one file: the text and the blocks, and what else entries are called."""
    words, address = WORDS[language], home(expander, language)
    names = other_names(expander.sheet.root)
    parts = [f"# {words['title']}\n\n> {words['about']}\n"]
    for page in expander.sheet.topics:
        text = markdown(expander.parts(page, language), page.name, language, address)
        for entry in page.entries:
            heading = f"\n## {entry.title(language)}\n"
            also = words["list"].join(names.get(entry.id, []))
            known = f"{words['also'].format(also)}{words['stop']}\n" if also else ""
            source = f"<{address}{page.name}/#{entry.anchor}>\n"
            text = text.replace(heading, f"{heading}\n{source}{known}", 1)
        parts.append(text)
    return "\n".join(parts)


def snippets(expander: Expander, language: str) -> dict[str, dict]:
    """Return the essential lines as VS Code takes them; the anchor of an entry brings them up.

    Raises:
        SourceError: two snippets would have the same prefix.
    """
    found, prefixes = {}, {}
    for block, prefix, title, body in _pieces(expander, language):
        if prefix in prefixes:
            message = f"{prefix!r} brings up {prefixes[prefix]} already: rename this file"
            raise SourceError(block.path, 1, message)
        prefixes[prefix] = block.name
        found[f"{title} ({prefix})"] = {
            "scope": FENCE[block.path.suffix],
            "prefix": prefix,
            "description": title,
            "body": [escaped(line) for line in body.split("\n")],
        }
    return found


def plain_snippets(expander: Expander, language: str) -> list[dict]:
    """Return the essential lines for whoever reads JSON."""
    address = home(expander, language)
    return [
        {
            "id": prefix,
            "title": title,
            "url": f"{address}{block.page}/#{block.entry}",
            "file": f"snippets/{block.name}",
            "code": body,
        }
        for block, prefix, title, body in _pieces(expander, language)
    ]


def escaped(line: str) -> str:
    """Return a line of which VS Code makes no placeholder."""
    return line.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


def _pieces(expander: Expander, language: str):
    """Yield each block with its prefix: the anchor of its entry, and what the file adds to it."""
    for page in expander.sheet.topics:
        for entry in page.entries:
            for block in entry.blocks:
                if block.essential:
                    prefix = block.path.stem.replace("_", "-")
                    yield block, prefix, entry.title(language), essential_of(block, language)
