"""One catalogue knows pages, entries and blocks; one expansion shows them."""

import pytest

from cheatsheet.catalogue import CONFIGS, Sheet
from cheatsheet.expand import Expander
from cheatsheet.lint.prose import property_tests
from cheatsheet.new import write
from cheatsheet.snippet import LANGUAGES, SourceError
from harness import ROOT

NAV = "nav:\n  - 首页 | Home: index.md\n  - 张量 | Tensors:\n      - tensors/memory.md\n"
PAGE = """---
description: "{0}"
---

# {0} {{ #memory }}
"""
ENTRY = """
## {0} {{ #copy-tensor }}

```python
--8<-- "copy_tensor.py"
```
"""


class Small:
    """A small sheet in a folder."""

    def __init__(self, root):
        self.root = root
        self.write("pyproject.toml", PYPROJECT)
        self.write("mkdocs.yml", NAV)
        self.write("snippets/tensors/memory/copy_tensor.py", "x = 1  # 一 | one\nprint(x)\n#> 1\n")
        for language, title in (("zh", "内存"), ("en", "Memory")):
            self.write(f"docs/{language}/index.md", f"# {title} {{ #home }}\n")
            self.write(
                f"docs/{language}/tensors/memory.md", PAGE.format(title) + ENTRY.format(title)
            )

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    @property
    def sheet(self):
        return Sheet.read(self.root)

    def expanded(self, language="en", page="tensors/memory"):
        return Expander(self.sheet).page(self.sheet.page(page), language)


PYPROJECT = """
[project.urls]
repository = "https://example.org/sheet"
[dependency-groups]
blocks = ["torch==2.14.1"]
"""


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


def test_the_catalogue_follows_the_navigation(small):
    assert [page.name for page in small.sheet.pages] == ["index", "tensors/memory"]
    assert small.sheet.page("tensors/memory").chapter == {"zh": "张量", "en": "Tensors"}
    (entry,) = small.sheet.entries
    assert (entry.id, entry.title("zh")) == ("tensors/memory#copy-tensor", "内存")
    (block,) = entry.blocks
    assert (block.name, block.kind) == ("tensors/memory/copy_tensor.py", "python")


def test_a_page_knows_which_block_stands_on_which_line(small):
    expanded = small.expanded()
    ((line, block),) = expanded.blocks
    lines = expanded.text.split("\n")
    assert lines[line - 1] == "```python"
    assert lines[line : line + 3] == block.shown("en").rstrip("\n").split("\n")
    assert "一" not in expanded.text and "one" not in small.expanded("zh").text


def test_what_is_written_for_others_is_what_is_displayed(small, tmp_path):
    Expander(small.sheet).write(tmp_path / "pages")
    written = {
        p.relative_to(tmp_path / "pages").as_posix() for p in tmp_path.rglob("pages/**/*.md")
    }
    assert written == {
        f"{la}/{page}.md" for la in LANGUAGES for page in ("index", "tensors/memory")
    }
    text = (tmp_path / "pages/en/tensors/memory.md").read_text(encoding="utf-8")
    assert text == small.expanded().text


def test_a_part_that_nothing_makes_is_named_with_its_line(small):
    small.edit("docs/en/index.md", "{ #home }\n", "{ #home }\n\n<!-- chapter -->\n")
    with pytest.raises(SourceError, match=r"index.md:3: no part 'chapter': there are "):
        small.expanded(page="index")


def test_a_snippet_that_is_missing_is_named_with_page_and_line(small):
    (small.root / "snippets/tensors/memory/copy_tensor.py").unlink()
    with pytest.raises(SourceError, match=r"memory.md:10: snippets/tensors/memory/copy_tensor.py"):
        _ = small.sheet


def test_a_page_in_one_language_alone_is_named(small):
    (small.root / "docs/en/tensors/memory.md").unlink()
    with pytest.raises(SourceError, match=r"mkdocs.yml:4: docs/en/tensors/memory.md is missing"):
        _ = small.sheet


@pytest.mark.parametrize(
    "word",
    [
        "tensors/memory",
        "tensors",
        "memory",
        "copy-tensor",
        "copy_tensor",
        "copy_tensor.py",
        "tensors/memory#copy-tensor",
        "tensors/memory/copy-tensor",
        "tensors/memory/copy_tensor",
        "tensors/memory.md",
        "snippets/tensors/memory/copy_tensor.py",
        "docs/zh/tensors/memory.md",
    ],
)
def test_a_block_is_found_however_it_is_typed(small, word):
    assert [block.name for block in small.sheet.select([word])] == ["tensors/memory/copy_tensor.py"]


def test_an_unknown_word_is_answered_with_what_is_near(small):
    with pytest.raises(LookupError, match="called 'copytensor': did you mean copy-tensor"):
        small.sheet.select(["copytensor"])


def test_one_navigation_serves_both_languages():
    assert "\nnav:" not in (ROOT / CONFIGS["en"]).read_text(encoding="utf-8")


# nox -s new


def test_a_new_entry_has_its_stubs_in_the_right_places(small):
    todo = write(small.root, "tensors/memory", "share-memory")
    entry = small.sheet.entries[-1]
    assert entry.id == "tensors/memory#share-memory"
    assert [block.name for block in entry.blocks] == ["tensors/memory/share_memory.py"]
    assert entry.id in property_tests(small.root, "tensors/memory").read_text(encoding="utf-8")
    said = "\n".join(todo)
    for name in ("snippets/tensors/memory/share_memory.py", "docs/zh", "docs/en", "tests/snippets"):
        assert name in said


def test_a_new_page_asks_for_its_place_in_the_navigation(small):
    todo = write(small.root, "tensors/shape", "reshape")
    assert "mkdocs.yml: add tensors/shape.md to `nav`, in its chapter" in todo
    small.edit("mkdocs.yml", "memory.md\n", "memory.md\n      - tensors/shape.md\n")
    assert small.sheet.entries[-1].id == "tensors/shape#reshape"


def test_an_entry_that_exists_is_not_written_over(small):
    before = (small.root / "docs/en/tensors/memory.md").read_bytes()
    with pytest.raises(SystemExit, match="exists already"):
        write(small.root, "tensors/memory", "copy-tensor")
    assert (small.root / "docs/en/tensors/memory.md").read_bytes() == before
