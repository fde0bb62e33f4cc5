"""The errata page: one small file per mistake of the seed, rendered in each language and tested.

`docs/errata/<page>/<id>.yml` says what the seed said, what really happens, what is right, and which
entry of that page has it right. `<id>.py` beside it shows the mistake on the installed torch: it
raises what `error` says, or, where nothing is raised, its own assertions hold. A row that cannot be
run says why in `not_run`. `absent` is a pattern that no snippet of the entry may match. `line` is
where the seed has it, for the order, and `where` the section that readers are told. `also` are the
ids of rows that this one took over: their addresses still lead here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..catalogue import Page, Sheet
from ..snippet import CJK, LANGUAGES, SourceError

KINDS = {
    "wrong-result": ("悄悄算错", "Silent wrong results"),
    "runtime-error": ("运行时报错", "Errors when run"),
    "syntax-error": ("语法错误", "Syntax errors"),
    "missing-name": ("缺少导入或定义", "Missing imports and definitions"),
    "removed-api": ("已弃用或已移除的接口", "Deprecated and removed APIs"),
    "needs-gpu": ("没有 GPU 就报错", "Errors without a GPU"),
    "unsafe": ("不安全的写法", "Unsafe practices"),
    "false-claim": ("说法不实", "False claims"),
    "outdated-package": ("过时的软件包", "Outdated packages"),
    "typo": ("笔误", "Slips of the pen"),
}
WORDS = {
    "zh": {
        "overview": "总览",
        "columns": "| 主题 | 各类条数 |",
        "place": "（{}）",
        "since": "（torch {} 起）",
        "right": "**正确**：",
        "see": "见",
        "stop": "。",
        "chapter": "{}：{}",
    },
    "en": {
        "overview": "Overview",
        "columns": "| Topic | Rows of each kind |",
        "place": " ({}) ",
        "since": " (since torch {})",
        "right": "**Right**: ",
        "see": " See ",
        "stop": ".",
        "chapter": "{}: {}",
    },
}
_ID = re.compile(r"e\d+[a-z]?")
_BILINGUAL = ("where", "title", "said", "happens", "right")
_TEXTS = ("kind", "entry", "error", "not_run", "absent", "since")
_REQUIRED = {"line", "kind", "entry", *_BILINGUAL}
_KNOWN = {*_REQUIRED, *_TEXTS, "also"}


@dataclass(frozen=True)
class Row:
    """One mistake. `code_path` is None where `not_run` says why nothing runs."""

    path: Path
    code_path: Path | None
    line: int
    where: dict[str, str]
    kind: str
    entry: str
    title: dict[str, str]
    said: dict[str, str]
    happens: dict[str, str]
    right: dict[str, str]
    error: str | None = None
    not_run: str | None = None
    absent: str | None = None
    since: str | None = None
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.path.stem

    @property
    def page(self) -> str:
        return self.entry.partition("#")[0]

    @property
    def anchor(self) -> str:
        return self.entry.partition("#")[2]


def load(root: Path) -> list[Row]:
    """Return the rows below `root`, by kind and then by their place in the seed.

    Raises:
        SourceError: a file is not what a row needs.
    """
    folder = root / "docs" / "errata"
    rows: list[Row] = []
    taken: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.yml")):
        row = _row(path, path.parent.relative_to(folder).as_posix())
        for name in (row.id, *row.also):
            if name in taken:
                raise SourceError(path, 1, f"{taken[name]} has the id {name} too: take another")
            taken[name] = path
        rows.append(row)
    for path in sorted(folder.rglob("*.py")):
        if not path.with_suffix(".yml").is_file():
            raise SourceError(path, 1, f"no {path.stem}.yml beside it: write it, or delete this")
    kinds = list(KINDS)
    return sorted(rows, key=lambda row: (kinds.index(row.kind), row.line, row.id))


def _row(path: Path, page: str) -> Row:
    data, lines = _read(path)

    def fail(field: str, message: str):
        raise SourceError(path, lines.get(field, 1), message)

    if not _ID.fullmatch(path.stem):
        fail("", "a row's file is called e1.yml, e2.yml, …: rename it")
    for field in data:
        if field not in _KNOWN:
            fail(field, f"unknown field {field!r}: known are {', '.join(sorted(_KNOWN))}")
    for field in sorted(_REQUIRED - data.keys()):
        fail(field, f"no {field!r}: add it")
    if not isinstance(data["line"], int):
        fail("line", "`line` is a line of the seed: give a number")
    for field in _TEXTS:
        if not isinstance(data.get(field, ""), str):
            fail(field, f"{field!r} is a text: put it in quotes")
    for field in _BILINGUAL:
        halves = data[field]
        if not isinstance(halves, dict) or halves.keys() != set(LANGUAGES):
            fail(field, f"{field!r} needs a zh half and an en half, and nothing else")
        if not all(isinstance(half, str) and half.strip() for half in halves.values()):
            fail(field, f"{field!r}: each half is a text: put it in quotes")
        if CJK.search(halves["en"]):
            fail(field, f"{field!r}: Chinese stands in the en half: translate it")
    also = data.get("also", [])
    if not isinstance(also, list) or not all(_ID.fullmatch(str(name)) for name in also):
        fail("also", "`also` is a list of ids of former rows, `[e86, e88]`")
    if data["kind"] not in KINDS:
        fail("kind", f"no kind {data['kind']!r}: it is one of {', '.join(KINDS)}")
    if data["entry"].partition("#")[0] != page:
        fail("entry", f"{data['entry']!r} is not on the page {page!r}: move the file to its page")
    try:
        re.compile(data.get("absent", ""))
    except re.error as error:
        fail("absent", f"not a regular expression: {error}")
    code = path.with_suffix(".py")
    if code.is_file() == ("not_run" in data):
        fail("not_run", f"either {code.name} shows the mistake, or `not_run` says why nothing does")
    data["also"] = tuple(also)
    return Row(path=path, code_path=code if code.is_file() else None, **data)


def _read(path: Path) -> tuple[dict, dict[str, int]]:
    """Return the fields of a file and the line of each."""
    source = path.read_text(encoding="utf-8")
    try:
        node, data = yaml.compose(source, yaml.SafeLoader), yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = f"not valid YAML: {error.problem}; a text with `: ` or ` #` goes into quotes"
        raise SourceError(path, mark.line + 1 if mark else 1, problem) from error
    if not isinstance(data, dict):
        raise SourceError(path, 1, "a row is a list of fields, `line: 6` and so on")
    return data, {key.value: key.start_mark.line + 1 for key, _ in node.value}


def render(sheet: Sheet, language: str) -> str:
    """Return an overview and the rows as Markdown: a level-2 heading per kind, a level-3 per row.

    Raises:
        SourceError: a row leads to an entry that does not exist.
    """
    rows, titles = load(sheet.root), sheet.titles(language)
    order = [page.name for page in sheet.pages]
    for row in rows:
        if row.entry not in titles:
            raise SourceError(row.path, 1, f"there is no entry {row.entry!r}: give one that exists")
    rows.sort(key=lambda row: (list(KINDS).index(row.kind), order.index(row.page)))
    lines, kind = _overview(sheet, rows, language), None
    for row in rows:
        if row.kind != kind:
            kind = row.kind
            lines += [f"## {_kind(kind, language)} {{ #{kind} }}", ""]
        lines += [*_shown(row, language, titles), ""]
    return "\n".join(lines)


def _overview(sheet: Sheet, rows: list[Row], language: str) -> list[str]:
    """Return how many rows each kind and each page has, linked to the first of them."""
    kinds = Counter(row.kind for row in rows)
    counts = Counter((row.page, row.kind) for row in rows)
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        first.setdefault((row.page, row.kind), row.id)
    words = WORDS[language]
    lines = [f"## {words['overview']} {{ #overview }}", ""]
    lines += [" · ".join(f"[{_kind(k, language)}](#{k}) {n}" for k, n in kinds.items()), ""]
    lines += [words["columns"], "| --- | --- |"]
    for page in sheet.pages:
        here = [(kind, counts[page.name, kind]) for kind in KINDS if (page.name, kind) in first]
        if here:
            cell = [f"[{_kind(kind, language)}](#{first[page.name, kind]}) {n}" for kind, n in here]
            top = page.written[language].sections[0].anchor
            title = _title(page, language)
            lines.append(f"| [{title}]({page.name}.md#{top}) | {' · '.join(cell)} |")
    return [*lines, ""]


def _title(page: Page, language: str) -> str:
    """Return the title of a page, its chapter first."""
    colon = {"zh": "：", "en": ": "}[language]
    title = page.title(language)
    return f"{page.chapter[language]}{colon}{title}" if page.chapter else title


def _kind(kind: str, language: str) -> str:
    return KINDS[kind][LANGUAGES.index(language)]


def _shown(row: Row, language: str, titles: dict[str, str]) -> list[str]:
    words, happens, title = WORDS[language], row.happens[language], titles[row.entry]
    if row.error:
        happens += f"`{row.error}`" if happens.endswith("：") else f" `{row.error}`"
    if row.since:
        end = words["stop"] if happens.endswith(words["stop"]) else ""
        happens = happens.removesuffix(end) + words["since"].format(row.since) + end
    former = "".join(f'<a id="{name}"></a>' for name in row.also)
    place = words["place"].format(row.where[language])
    gap = " " if language == "zh" and title[0].isascii() else ""
    link = f"{words['see']}{gap}[{title}]({row.page}.md#{row.anchor}){words['stop']}"
    return [
        f"### {row.title[language]} {{ #{row.id} }}",
        "",
        f"{former}{row.said[language]}{place}→ {happens}  ",
        f"{words['right']}{row.right[language]}{link}",
    ]
