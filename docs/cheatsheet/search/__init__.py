"""The search: what it knows of each entry, in one script per language.

`Script` puts `engine.js`, the index of a language and `box.js` into one file that the search box loads when a reader first opens it; as a script it also loads from `file:`. The index has one
row per entry and per page: what a reader types and how it is split into words is decided in
`engine.js` alone.
"""

from __future__ import annotations

import ast
import hashlib
import html
import json
import keyword
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..catalogue import Block, Entry, Page, Sheet
from ..gallery import Notebook
from ..glossary import asked_for, questions, synonyms
from ..pages import errata
from ..snippet import CJK, LANGUAGES, comments, essential

_HERE = Path(__file__).parent
_CODE = re.compile(r"(`+)(.+?)\1")
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^)]*\)")
_MARKUP = re.compile(
    r"<[^>]+>|^\s*(?:[-*+>]|\d+\.|!!!\s+\w+|\?\?\?\+?\s+\w+)\s+|\*\*|\|", re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[。！？])|(?<=[.!?])\s")
_WORD = re.compile(r"[A-Za-z_][\w.]*\w|[A-Za-z]|\d+")
_RUN = re.compile(r"[\u3400-\u9fff]+")
_DULL = set(keyword.kwlist) | {"self", "print", "torch", "range", "len", "cls"}
_LEAD = {"zh": 40, "en": 90}
_HUMP = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")
# A name that only an interface has: `index_add`, `PReLU`, `SGD`.
_API = re.compile(r"\w_\w|[a-z][A-Z]|[A-Z]{3}")
# What more of the entries use tells none of them apart.
_COMMON = 0.02


def engine(sheet: Sheet, language: str) -> str:
    """Return a script that has `cheatsheetSearch` with its index, for a browser or for node."""
    data = (rows(sheet, language), synonyms(sheet.root), questions(sheet.root))
    index = ",\n".join(json.dumps(d, ensure_ascii=False, separators=(",", ":")) for d in data)
    code = (_HERE / "engine.js").read_text(encoding="utf-8")
    return f"{code}cheatsheetSearch.index = cheatsheetSearch.build({index});\n"


@dataclass(frozen=True)
class Script:
    """What the search box loads: its address below the site has the hash of its text."""

    text: str

    @classmethod
    def of(cls, sheet: Sheet, language: str) -> Script:
        return cls(engine(sheet, language) + (_HERE / "box.js").read_text(encoding="utf-8"))

    @property
    def address(self) -> str:
        return f"search/{hashlib.sha256(self.text.encode()).hexdigest()[:12]}.js"

    def write(self, site: Path) -> None:
        """Write it below a built site, and take away the one of an earlier build."""
        folder = site / "search"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (site / self.address).write_text(self.text, encoding="utf-8")


def rows(sheet: Sheet, language: str) -> list[list[str]]:
    """Return `[page, anchor, title, chapter, lead, names, api, messages, code, text]` of each entry and page.

    `api` is what an entry teaches, `code` what it merely uses; `text` is what else a text names,
    and what a figure says. Names and messages stand one a line.
    """
    only = _only(questions(sheet.root))
    names = {
        entry: [_telling(name, only) for name in texts]
        for entry, texts in asked_for(sheet.root, language).items()
    }
    mistakes: dict[str, list] = {}
    for row in errata.load(sheet.root):
        mistakes.setdefault(row.entry, []).append(row)
    found = [
        _entry(page, entry, language, names.get(entry.id, []), mistakes.get(entry.id, []))
        for page in sheet.pages
        for entry in page.entries
    ]
    _drop_common(found)
    found += [_page(page, language, names.get(page.name, [])) for page in sheet.pages]
    return found + [row for notebook in sheet.notebooks for row in _notebook(notebook, language)]


def _only(words: list[str]) -> re.Pattern[str]:
    """Match the words that only make a question, and not where they are a part of code."""
    english = "|".join(word for word in words if not CJK.search(word))
    chinese = "|".join(word for word in words if CJK.search(word))
    return re.compile(rf"(?<![\w.'])(?:{english})(?![\w'])|{chinese}", re.IGNORECASE)


def _telling(name: str, only: re.Pattern[str]) -> str:
    """Return what the search looks at: no words that only ask, and no capitals that tell no parts."""
    left = " ".join(only.sub(" ", name).split()) or name
    return left if _HUMP.search(left) else left.lower()


def _notebook(notebook: Notebook, language: str) -> Iterable[list[str]]:
    """Yield a row for the page of a notebook, and one for each heading with what its figures say."""
    other = [notebook.title(la) for la in LANGUAGES if la != language]
    yield [notebook.name, "", notebook.title(language), "", "", "\n".join(other), *4 * [""]]
    known = list(_words(notebook.title(language)))
    for anchor, title in notebook.headings(language):
        words = " ".join(f.words for f in notebook.figures(language) if f.anchor == anchor)
        said = _unique((w for w in _words(words) if not w.isdigit()), known=known)
        if said:
            known += said
            where = notebook.title(language)
            yield [notebook.name, anchor, title, where, "", "", "", "", "", " ".join(said)]


def _page(page: Page, language: str, names: list[str]) -> list[str]:
    written = page.written[language]
    chapter = page.chapter[language] if page.chapter else ""
    others = [page.title(la) for la in LANGUAGES if la != language] + names
    return [page.name, "", written.title, chapter, "", "\n".join(others), "", "", "", ""]


def _entry(page: Page, entry: Entry, language: str, names: list[str], mistakes: list) -> list[str]:
    prose = entry.sections[language].text
    plain = _plain(prose)
    lead = _lead(plain, language)
    codes = [code.strip() for _, code in _CODE.findall(prose)]
    first = [code.strip() for _, code in _CODE.findall(prose.strip().partition("\n")[0])]
    messages = [code for code in codes if _is_message(code)]
    codes = [code for code in codes if not _is_message(code)]
    messages += [row.error for row in mistakes if row.error]
    taught, used, said = [*first], [*codes], []
    for block in entry.blocks:
        essential_names, names_used, texts = _of_block(block, language)
        taught += essential_names
        used += names_used
        said += texts
        messages += [text for text in said if "Error" in text or "Warning" in text]
    api = _unique(_names(taught))
    titles = [entry.title(la) for la in LANGUAGES if la != language]
    called = _unique(
        [*titles, entry.anchor.replace("-", " "), *names], known=[entry.title(language)]
    )
    known = [*api, *_words(" ".join([entry.title(language), lead, *called]))]
    code = _unique(filter(_API.search, _names(used)), known=known)
    text = _unique(
        (w for w in _words(plain) if len(w) > 3 and not w.islower() and not CJK.search(w)),
        known=[*known, *code],
    )
    where = page.written[language].title
    chapter = page.chapter[language] if page.chapter else ""
    where = where if not chapter else f"{chapter} › {where}"
    return [
        page.name,
        entry.anchor,
        entry.title(language),
        where,
        lead,
        "\n".join(called),
        " ".join(api),
        "\n".join(_unique(messages)),
        " ".join(code),
        " ".join(text),
    ]


def _plain(markdown: str) -> str:
    """Return the words of Markdown, links and marks aside."""
    text = _LINK.sub(lambda link: link[1], markdown)
    return html.unescape(_MARKUP.sub(" ", text)).replace("`", "")


def _lead(plain: str, language: str) -> str:
    """Return the first sentence, or its start."""
    first = _SENTENCE.split(plain.strip().partition("\n")[0].strip(), maxsplit=1)[0].strip()
    limit = _LEAD[language]
    if len(first) <= limit:
        return first
    cut = re.sub(r"[\w.()=/-]+$", "", first[: limit + 1], flags=re.ASCII) or first[:limit]
    return cut.rstrip("，、；：,;: ") + "…"


def _is_message(code: str) -> bool:
    """Tell a quoted message from code: it has words side by side."""
    return bool(re.search(r"[A-Za-z]{2,}[,:;']? [A-Za-z]{2,}[,:;']? \S", code))


def _of_block(block: Block, language: str) -> tuple[list[str], list[str], list[str]]:
    """Return the names that the essential lines of a block use, those of the rest, and its words."""
    source = block.shown(language)
    said = [text.lstrip("#>~ ") for _, _, text in comments(block.path, source, machine=True)]
    if block.path.suffix != ".py":
        return [], [source], said
    pieces = essential(block.path, block.source)
    return list(_called("\n".join(pieces))), list(_called(source)), said


def _called(source: str) -> Iterable[str]:
    """Yield what code takes from others: attributes, imports, arguments by name, short strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("__"):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value if len(node.value) < 30 and not CJK.search(node.value) else ""


def _names(codes: Iterable[str]) -> Iterable[str]:
    """Yield the names in pieces of code, those between dots on their own."""
    for code in codes:
        for name in _WORD.findall(code):
            for part in name.split("."):
                if len(part) > 1 and part not in _DULL and not part.isdigit():
                    yield part


def _words(text: str) -> Iterable[str]:
    """Yield the words of a text; a run of Chinese is one."""
    for name in _WORD.findall(text):
        yield from (part for part in name.split(".") if len(part) > 1)
    yield from _RUN.findall(text)


def _unique(words: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """Return each word once, whatever its case, and none that is known."""
    seen, found = {word.lower() for word in known}, []
    for word in words:
        if word.lower() not in seen:
            seen.add(word.lower())
            found.append(word)
    return found


def _drop_common(found: list[list[str]]) -> None:
    """Leave out of code and text what stands in too many entries."""
    most = max(2, len(found) * _COMMON)
    for column in (-2, -1):
        words = [row[column].split() for row in found]
        counts = Counter(word.lower() for row in words for word in row)
        for row, here in zip(found, words, strict=True):
            row[column] = " ".join(word for word in here if counts[word.lower()] <= most)
