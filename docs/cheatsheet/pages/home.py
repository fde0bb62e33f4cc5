"""The home page: the search, every entry by chapter and page, and the other ways in."""

from __future__ import annotations

from ..catalogue import Page, Sheet
from ..release import Release

WORDS = {
    "zh": {
        "search": "搜索条目、API 或报错信息",
        "list": "、",
        "stop": "。",
        "pdf": "（[打印用的 PDF](sheet.pdf)）",
        "archive": '<a href="{}" download>离线版</a>（解压后打开 `index.html`，搜索照常可用）',
        "keys": "按 <kbd>/</kbd> 搜索，<kbd>n</kbd> 和 <kbd>p</kbd> 到后一条和前一条。",
        "editor": "编辑器片段：[`pytorch-cheatsheet.code-snippets`](pytorch-cheatsheet.code-snippets) "
        "放进项目的 `.vscode/` 目录，在 VS Code 的 Python 文件里输入条目的锚点（例如 `{}`），"
        "就会补全它的要点；其他编辑器可用 [`snippets.json`](snippets.json)。",
        "machines": "给语言模型和程序：[`llms.txt`](llms.txt)、[`llms-full.txt`](llms-full.txt)、"
        "[`api.json`](api.json)。",
    },
    "en": {
        "search": "Search entries, APIs, or error messages",
        "list": ", ",
        "stop": ".",
        "pdf": " ([PDF to print](sheet.pdf))",
        "archive": '<a href="{}" download>offline copy</a> (unpack it and open `index.html`; '
        "the search works there too)",
        "keys": "Press <kbd>/</kbd> to search, <kbd>n</kbd> and <kbd>p</kbd> for the next and the "
        "previous entry.",
        "editor": "Editor snippets: put "
        "[`pytorch-cheatsheet.code-snippets`](pytorch-cheatsheet.code-snippets) into `.vscode/` of "
        "a project. In a Python file, VS Code then completes the anchor of an entry, such as `{}`, "
        "to its essential lines. Other editors can read [`snippets.json`](snippets.json).",
        "machines": "For language models and programs: [`llms.txt`](llms.txt), "
        "[`llms-full.txt`](llms-full.txt), [`api.json`](api.json).",
    },
}
WAYS = ("sheet", "gallery/index", "api", "by-error", "errata")


def search(language: str) -> str:
    """Return a button that opens the search of the site."""
    words = WORDS[language]["search"]
    return (
        f'<button type="button" class="home-search" data-search-open>{words} <kbd>/</kbd></button>'
    )


def ways(sheet: Sheet, language: str, release: Release | None, pdf: bool = False) -> str:
    """Return the line of links to the other ways in, and the keys.

    `pdf` says that the one page is printed too; the offline copy is of published versions.
    """
    words = WORDS[language]
    links = []
    for page in sorted(
        (p for p in sheet.pages if p.name in WAYS), key=lambda p: WAYS.index(p.name)
    ):
        links.append(_head(page, language) + (words["pdf"] if pdf and page.name == "sheet" else ""))
    if release and not release.offline:
        links.append(words["archive"].format(release.archive(language)))
    line = f"{words['list'].join(links)}{words['stop']}\n\n" if links else ""
    return f"{line}{words['keys']}\n{{ .for-keys }}"


def takeaways(sheet: Sheet, language: str) -> str:
    """Return what editors and programs can take from here."""
    words = WORDS[language]
    example = sheet.topics[0].entries[0].anchor if sheet.topics else "entry"
    return f"- {words['editor'].format(example)}\n- {words['machines']}"


def chapters(sheet: Sheet, language: str) -> str:
    """Return every entry, by chapter and page; a phone folds the chapters."""
    lines = ['<div class="contents" markdown>', ""]
    for title, pages in sheet.chapters(language):
        lines += [f"<details markdown><summary>{title}</summary>", ""]
        for page in pages:
            lines += [f"- {_head(page, language)}" if len(pages) > 1 else "", ""]
            indent = "    " if len(pages) > 1 else ""
            lines += [
                f"{indent}- [{entry.title(language)}]({page.name}.md#{entry.anchor})"
                for entry in page.entries
            ]
            lines.append("")
        lines += ["</details>", ""]
    return "\n".join([*lines, "</div>"])


def _head(page: Page, language: str) -> str:
    top = page.written[language].sections[0].anchor
    return f"[{page.title(language)}]({page.name}.md#{top})"
