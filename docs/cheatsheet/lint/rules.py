"""Everything that can be wrong in the sources, with file, line and remedy."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

from ..catalogue import NOTEBOOK, Block, Written, navigation, read_written, snippet_files
from ..gallery import FIGURE, notebooks
from ..printed import shown
from ..snippet import (
    CJK,
    COLUMNS,
    FENCE,
    LANGUAGES,
    SourceError,
    comments,
    essential,
    localize,
)

_UNTESTED = {"py", "python3", "Python", "sh", "shell", "pycon", "ipython"}
_CODE_SPAN = re.compile(r"`[^`]*`|\]\([^)]*\)|\{[^}]*\}|<[^>]*>|https?://\S+")


@cache
def _is_module(name: str) -> bool:
    """Whether a reader's `import name` finds something else than a file of that name beside it."""
    known = {"torch", "torchvision", "numpy", "pandas", "tensorboard"}
    if name in sys.stdlib_module_names | known:
        return True
    spec = find_spec(name) if name.isidentifier() else None
    return spec is not None and spec.origin is not None  # a folder has no origin


def problems(root: Path) -> list[SourceError]:
    """Return every problem of the snippets and pages below `root`, in reading order."""
    pages = {language: read_written(root, language) for language in LANGUAGES}
    found = [*snippets_problems(root)]
    for language in LANGUAGES:
        for page in pages[language].values():
            found += fence_problems(page, root)
            found += page_problems(page, language)
    found += parity_problems(pages, root)
    found += use_problems(pages, root)
    found += nav_problems(pages, root)
    found += gallery_problems(pages, root)
    return found


def snippets_problems(root: Path) -> Iterator[SourceError]:
    """Comments in one language only, stray Chinese, wide lines, misplaced outputs, shadowing."""
    for path in snippet_files(root):
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".py" and _is_module(path.stem):
            yield SourceError(
                path, 1, f"the file name shadows the module {path.stem!r}: choose another"
            )
        if path.suffix == ".console" and not CJK.search(source.split("\n")[0]):
            yield SourceError(
                path, 1, "the first line says why it is not run: `# 不运行：… | not run: …`"
            )
        try:
            yield from _stray_chinese(path, source)
            if path.suffix == ".py":
                shown(path, source)
                essential(path, source)
            for language in LANGUAGES:
                yield from _wide_lines(path, localize(path, source, language), language)
        except SyntaxError as error:
            yield SourceError(path, error.lineno or 1, f"not valid Python: {error.msg}")
        except SourceError as error:
            yield error


def _stray_chinese(path: Path, source: str) -> Iterator[SourceError]:
    columns = {row: column for row, column, _ in comments(path, source)}
    for row, line in enumerate(source.splitlines()):
        if CJK.search(line[: columns.get(row, len(line))]):
            yield SourceError(
                path,
                row + 1,
                "Chinese outside a bilingual comment: both languages show this line as it stands",
            )


def _wide_lines(path: Path, shown: str, language: str) -> Iterator[SourceError]:
    for number, line in enumerate(shown.splitlines(), start=1):
        width = len(line) + len(CJK.findall(line))
        if width > COLUMNS:
            yield SourceError(
                path,
                number,
                f"{width} columns on the {language} page, at most {COLUMNS}: "
                "put the comment on a line of its own, or break the line after a comma",
            )


def fence_problems(page: Written, root: Path) -> Iterator[SourceError]:
    """Blocks that are no snippet, or that pytest-codeblocks would pass over in silence."""
    for fence in page.fences:
        at = (page.path, fence.line)
        info = fence.info.strip()
        if not fence.closed:
            yield SourceError(*at, "this fence is never closed")
        elif fence.indent:
            yield SourceError(*at, "an indented block is never tested: put the fence at column 1")
        elif fence.marker != "```" or info in _UNTESTED or fence.info != info or not info.isalnum():
            yield SourceError(
                *at,
                f"{fence.marker + fence.info!r} would not be tested: write ```python, ```bash or "
                "```console, without attributes",
            )
        elif info not in FENCE.values():
            yield SourceError(*at, f"a block is python, bash or console, not {info!r}")
        elif not fence.include:
            yield SourceError(
                *at, 'a block is one line, --8<-- "entry.py": move the code into snippets/'
            )
        elif not (root / "snippets" / page.name / fence.include).is_file():
            yield SourceError(
                page.path,
                fence.line + 1,
                f"snippets/{page.name}/{fence.include} does not exist: create it",
            )
        elif FENCE.get(Path(fence.include).suffix) != info:
            yield SourceError(*at, f"{fence.include} is no {info} file")


def page_problems(page: Written, language: str) -> Iterator[SourceError]:
    """Missing or repeated anchors, snippets in the wrong entry, untranslated text, hidden blocks."""
    seen = set()
    for section in page.sections:
        if not section.anchor:
            yield SourceError(
                page.path, section.line, f"no anchor: write `{section.title} {{ #the-id }}`"
            )
        elif section.anchor in seen:
            yield SourceError(page.path, section.line, f"the anchor #{section.anchor} stands twice")
        seen.add(section.anchor)
        for line, include in section.includes:
            entry = (section.anchor or "").replace("-", "_")
            stem = Path(include).stem
            if "/" in include or (
                section.level == 2 and not (stem == entry or stem.startswith(f"{entry}_"))
            ):
                yield SourceError(
                    page.path,
                    line,
                    f"a block of #{section.anchor} is {entry}.py or {entry}_….py of snippets/{page.name}/",
                )
    if not page.description:
        yield SourceError(page.path, 1, "no description in the front matter")
    for number, line in (line for section in page.sections for line in section.prose):
        if re.search(r"<!--[-\s]*pytest", line):
            yield SourceError(page.path, number, "a block is never skipped or marked: remove this")
        words = _CODE_SPAN.sub("", line)
        if language == "en" and CJK.search(words):
            yield SourceError(page.path, number, "Chinese on an English page: translate it")
        if (
            language == "zh"
            and len(re.findall(r"\b[a-z]{2,}\b", words)) > 5
            and not CJK.search(words)
        ):
            yield SourceError(page.path, number, "English on a Chinese page: translate it")


def parity_problems(pages: dict[str, dict[str, Written]], root: Path) -> Iterator[SourceError]:
    """Whatever the two languages do not share: pages, entries, anchors, blocks, links."""
    zh, en = (pages[language] for language in LANGUAGES)
    for name in sorted(zh.keys() ^ en.keys()):
        here, there = ("zh", "en") if name in zh else ("en", "zh")
        yield SourceError(
            root / "docs" / here / f"{name}.md", 1, f"docs/{there}/{name}.md is missing: write it"
        )
    for name in sorted(zh.keys() & en.keys()):
        for a, b in zip_longest(zh[name].sections, en[name].sections):
            if not a or not b or (a.level, a.anchor) != (b.level, b.anchor):
                yield SourceError(
                    zh[name].path if a else en[name].path,
                    a.line if a else b.line,
                    f"the headings differ: zh has {_heading(a)}, en has {_heading(b)}",
                )
                break
            for what, mine, theirs in (
                ("blocks", [i for _, i in a.includes], [i for _, i in b.includes]),
                ("link targets", sorted(t for _, t in a.links), sorted(t for _, t in b.links)),
                ("admonitions", a.admonitions, b.admonitions),
            ):
                if mine != theirs:
                    yield SourceError(
                        zh[name].path,
                        a.line,
                        f"#{a.anchor}: the {what} differ: zh {mine}, en {theirs}",
                    )


def _heading(section) -> str:
    if not section:
        return "none here"
    return f"level {section.level} #{section.anchor} (line {section.line})"


def use_problems(pages: dict[str, dict[str, Written]], root: Path) -> Iterator[SourceError]:
    """Snippets that no page shows, or that a language shows twice."""
    for path in snippet_files(root):
        name = path.relative_to(root / "snippets").as_posix()
        for language in LANGUAGES:
            uses = sum(
                f"{page.name}/{include}" == name
                for page in pages[language].values()
                for section in page.sections
                for _, include in section.includes
            )
            if uses != 1:
                yield SourceError(
                    path,
                    1,
                    f"shown {uses} times in docs/{language}: include it in exactly one entry",
                )


def same_program(block: Block) -> bool:
    """Whether a Python block is the same program in every language, and in its file."""
    texts = [block.source, *(block.shown(language) for language in LANGUAGES)]
    return len({ast.dump(ast.parse(text)) for text in texts}) == 1


def nav_problems(pages: dict[str, dict[str, Written]], root: Path) -> Iterator[SourceError]:
    """Pages that the navigation of `mkdocs.yml` does not list, or lists without their being there."""
    listed = {name: line for line, _, name in navigation(root)}
    for name, page in pages[LANGUAGES[0]].items():
        if name not in listed:
            yield SourceError(page.path, 1, f"mkdocs.yml does not list it: add {name}.md to `nav`")
    for name in listed.keys() - pages[LANGUAGES[0]].keys():
        if not name.endswith(NOTEBOOK):
            yield SourceError(
                root / "mkdocs.yml", listed[name], f"docs/zh/{name}.md does not exist: write it"
            )


def gallery_problems(pages: dict[str, dict[str, Written]], root: Path) -> Iterator[SourceError]:
    """Notebooks with a fault, outside the navigation, or that no entry shows a figure of."""
    listed = {name: line for line, _, name in navigation(root) if name.endswith(NOTEBOOK)}
    found = {f"{notebook.name}{NOTEBOOK}": notebook for notebook in notebooks(root)}
    for name in listed.keys() - found.keys():
        source = f"snippets/{name.removesuffix(NOTEBOOK)}.py"
        yield SourceError(root / "mkdocs.yml", listed[name], f"{source} does not exist: write it")
    for name, notebook in found.items():
        yield from notebook.problems()
        if name not in listed:
            yield notebook.error(1, f"mkdocs.yml does not list it: add {name} to `nav`")
        for language in LANGUAGES:
            for target in re.findall(r"\]\(([^)\s:]+)\)", notebook.text(language)):
                path, _, anchor = target.partition("#")
                page = posixpath.normpath(posixpath.join("gallery", path)).removesuffix(".md")
                there = pages[language].get(page)
                if not there or anchor not in {section.anchor for section in there.sections}:
                    yield notebook.error(1, f"{target} ({language}) leads nowhere: correct it")
    shown = set()
    for language in LANGUAGES:
        for page in pages[language].values():
            for section in page.sections:
                for line, text in section.prose:
                    if not (asked := FIGURE.fullmatch(text)):
                        continue
                    notebook = found.get(f"gallery/{asked[1]}{NOTEBOOK}")
                    count = 0
                    if notebook and notebook.committed(language).is_file():
                        count = len(notebook.figures(language))
                    if not 1 <= int(asked[2]) <= count:
                        message = f"no figure {asked[2]} of {asked[1]!r}: it has {count}"
                        yield SourceError(page.path, line, message)
                    shown.add(asked[1])
    for notebook in found.values():
        if notebook.id not in shown:
            ask = f"write `<!-- figure {notebook.id} 1 -->` in the entry that it explains"
            yield notebook.error(1, f"no entry shows a figure of it: {ask}")
