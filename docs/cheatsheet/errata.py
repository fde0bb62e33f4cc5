"""The errata page: one data file, `docs/errata.yml`, rendered in each language and run by tests.

A row says what the seed said, what really happens, what is right, and which entry has it right.
`run` shows the defect on the installed torch: it raises what `error` says, or, where nothing is
raised, its own assertions hold. `absent` is a pattern that no snippet of the entry may match.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from .pages import read_pages
from .snippet import CJK, LANGUAGES, ROOT

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
    "zh": ("原文", "实际", "正确", "第 {line} 行", "见", "，", "：", "（torch {since} 起）"),
    "en": ("Said", "Happens", "Right", "line {line}", "See ", ", ", ": ", " (since torch {since})"),
}
_REQUIRED = {"id", "line", "where", "kind", "entry", "title", "said", "happens", "right"}
_OPTIONAL = {"error", "run", "not_run", "absent", "since"}


def load(root: Path = ROOT) -> list[dict]:
    """Return the rows, by kind and then by line of the seed.

    Raises:
        ValueError: a row lacks a field, a language, a known kind or a reason for not being run.
    """
    rows = yaml.safe_load((root / "docs" / "errata.yml").read_text(encoding="utf-8"))
    seen = set()
    for row in rows:
        name = f"docs/errata.yml: {row.get('id', row)}"
        if wrong := (_REQUIRED - row.keys()) | (row.keys() - _REQUIRED - _OPTIONAL):
            raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(wrong))}")
        if row["kind"] not in KINDS:
            raise ValueError(f"{name}: the kind is one of {', '.join(KINDS)}")
        if ("run" in row) == ("not_run" in row):
            raise ValueError(f"{name}: give `run`, or the reason in `not_run`")
        if row["id"] in seen or not re.fullmatch(r"e\d+[a-z]?", row["id"]):
            raise ValueError(f"{name}: an id is e1, e2, … and stands once")
        for field in ("where", "title", "said", "happens", "right"):
            if row[field].keys() != set(LANGUAGES) or CJK.search(row[field]["en"]):
                raise ValueError(f"{name}: {field} needs a zh half and an en half")
        seen.add(row["id"])
    return sorted(rows, key=lambda row: (list(KINDS).index(row["kind"]), row["line"], row["id"]))


def render(language: str, root: Path = ROOT) -> str:
    """Return the rows as Markdown: a level-2 heading per kind, a level-3 heading per row."""
    said, happens, right, line, see, comma, colon, since = WORDS[language]
    titles = {
        f"{name.removesuffix('.md')}#{section.anchor}": section.title
        for name, page in read_pages(language, root).items()
        for section in page.sections
    }
    lines, kind = [], None
    for row in load(root):
        if row["kind"] != kind:
            kind = row["kind"]
            lines += [f"## {KINDS[kind][LANGUAGES.index(language)]} {{ #{kind} }}", ""]
        page, _, anchor = row["entry"].partition("#")
        if row["entry"] not in titles:
            raise ValueError(f"docs/errata.yml: {row['id']}: there is no entry {row['entry']}")
        gap = "" if row["happens"][language].endswith("：") else " "
        error = f"{gap}`{row['error']}`" if "error" in row else ""
        changed = since.format(since=row["since"]) if "since" in row else ""
        place = f"{row['where'][language]}{comma}{line.format(line=row['line'])}"
        link = f"{see}[{titles[row['entry']]}]({page}.md#{anchor})"
        stop = "。" if language == "zh" else "."
        lines += [
            f"### {row['title'][language]} {{ #{row['id']} }}",
            "",
            f"- **{said}**{_aside(place, language)}{colon}{row['said'][language]}",
            f"- **{happens}**{changed}{colon}{row['happens'][language]}{error}",
            f"- **{right}**{colon}{row['right'][language]} {link}{stop}".replace("。 ", "。"),
            "",
        ]
    return "\n".join(lines)


def _aside(text: str, language: str) -> str:
    return f"（{text}）" if language == "zh" else f" ({text})"
