"""`nox -s new -- tensors/indexing/gather-scatter`: writes the stubs of an entry and names what to fill."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from .catalogue import navigation
from .lint.prose import property_tests
from .snippet import LANGUAGES

SNIPPET = """\
import torch

#[
x = torch.zeros(2)  # TODO 说明 | explain
#]
print(x)
"""
TITLES = {"zh": "TODO 标题", "en": "TODO title"}
SENTENCES = {"zh": "TODO 第一句话回答问题。", "en": "TODO The first sentence answers."}
ENTRY = """
## {title} {{ #{anchor} }}

{sentence}

```python
--8<-- "{file}"
```
"""
PAGE = '---\ndescription: "{description}"\n---\n\n# {title} {{ #{anchor} }}\n'
DESCRIPTIONS = {"zh": "TODO 这一页讲什么。", "en": "TODO What this page is about."}
TEST = """

@pytest.mark.claim("{page}#{anchor}", "TODO The first sentence answers.")
def test_{stem}(run):
    names = run("{page}/{stem}.py")
    assert names["x"].tolist() == [0, 0]
"""


def write(root: Path, page: str, anchor: str) -> list[str]:
    """Write the stubs of an entry; return what is left to do, one line each.

    Raises:
        SystemExit: the entry exists already; nothing is written.
    """
    stem = anchor.replace("-", "_")
    snippet = root / "snippets" / page / f"{stem}.py"
    pages = {language: root / "docs" / language / f"{page}.md" for language in LANGUAGES}
    texts = {
        la: path.read_text(encoding="utf-8")
        if path.is_file()
        else PAGE.format(description=DESCRIPTIONS[la], title=TITLES[la], anchor=page.split("/")[-1])
        for la, path in pages.items()
    }
    if snippet.exists() or any(f"{{ #{anchor} }}" in text for text in texts.values()):
        sys.exit(f"new: {page}#{anchor} exists already")
    tests = property_tests(root, page)
    test = tests.read_text(encoding="utf-8") if tests.is_file() else "import pytest\n"
    if "import pytest" not in test:
        test = f"import pytest\n\n{test}"
    files = {snippet: SNIPPET, tests: test + TEST.format(page=page, anchor=anchor, stem=stem)}
    for language, path in pages.items():
        files[path] = texts[language] + ENTRY.format(
            title=TITLES[language],
            anchor=anchor,
            sentence=SENTENCES[language],
            file=snippet.name,
        )
    todo = [f"{path.relative_to(root)}: replace each TODO" for path in files]
    if page not in {name for _, _, name in navigation(root)}:
        todo.append(f"mkdocs.yml: add {page}.md to `nav`, in its chapter")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    name = f"{page}/{anchor}"
    return [
        *todo,
        f"nox -s outputs -- {name}     writes the #> lines",
        f"nox -s test -- {name}        runs the block and its tests",
        f"nox -s agree -- {name}       once you have read both languages",
        "nox -s lint -- --fix         sets the style and says what is missing",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s new --", description=__doc__)
    parser.add_argument(
        "entry", help="its page and its id, such as tensors/indexing/gather-scatter"
    )
    entry = parser.parse_args().entry.replace("#", "/").strip("/")
    page, _, anchor = entry.rpartition("/")
    if not page or not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", anchor):
        sys.exit(f"new: {entry!r} is no page and id: write tensors/indexing/gather-scatter")
    print("\n".join(write(Path.cwd(), page, anchor)))


if __name__ == "__main__":
    main()
