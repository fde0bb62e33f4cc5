"""The sources are sound, and each kind of bad input is named with file, line and remedy."""

import re

import pytest

from cheatsheet.lint.rules import problems, same_program
from cheatsheet.snippet import SourceError
from harness import ROOT

SNIPPET = """\
import torch

x = torch.ones(2)  # 全是一 | all ones
print(x.tolist())
#> [1.0, 1.0]
"""
PAGE = """\
---
description: "{text}"
---

# {text} {{ #page }}

## {text} {{ #all-ones }}

{text}

```python
--8<-- "all_ones.py"
```

[torch.ones](https://docs.pytorch.org/docs/stable/generated/torch.ones.html)
"""


NAV = "nav:\n  - 张量 | Tensors:\n      - page.md\n"


class Tree:
    """A small repository without a fault, to be broken by one edit."""

    def __init__(self, root):
        self.root = root
        self.write("snippets/page/all_ones.py", SNIPPET)
        self.write("docs/zh/page.md", PAGE.format(text="全一张量"))
        self.write("docs/en/page.md", PAGE.format(text="All ones"))
        self.write("mkdocs.yml", NAV)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def edit_pages(self, old, new):
        for language in ("zh", "en"):
            self.edit(f"docs/{language}/page.md", old, new)

    def messages(self):
        return [str(p).replace(f"{self.root}/", "") for p in problems(self.root)]


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_the_repository_has_no_problem():
    assert [str(p) for p in problems(ROOT)] == []


def test_both_languages_show_the_same_program(sheet):
    assert all(same_program(block) for block in sheet.blocks if block.kind == "python")


def test_the_scratch_tree_has_no_problem(tree):
    assert tree.messages() == []


FENCE = '```python\n--8<-- "all_ones.py"\n```'
BAD_FENCES = {
    "py": FENCE.replace("```python", "```py"),
    "space": FENCE.replace("```python", "``` python"),
    "title": FENCE.replace("```python", '```python title="x"'),
    "attributes": FENCE.replace("```python", "```{.python}"),
    "tildes": FENCE.replace("```", "~~~"),
    "four backticks": FENCE.replace("```", "````"),
    "in a list": "- item\n\n    " + FENCE.replace("\n", "\n    "),
    "in a tab": '=== "tab"\n\n    ' + FENCE.replace("\n", "\n    "),
    "inline code": "```python\nx = 1\n```",
    "include and code": FENCE.replace("\n```", "\nx = 1\n```"),
    "another language": FENCE.replace("```python", "```toml"),
    "no language": FENCE.replace("```python", "```"),
    "wrong language": FENCE.replace("```python", "```bash"),
    "never closed": FENCE.removesuffix("\n```"),
}


@pytest.mark.parametrize("fence", BAD_FENCES.values(), ids=BAD_FENCES)
def test_a_fence_that_no_test_would_run(tree, fence):
    tree.edit_pages(FENCE, fence)
    lines = {m for m in tree.messages() if m.startswith("docs/zh/page.md:1")}
    assert lines and all(": " in m for m in lines)


def test_a_skipped_block(tree):
    tree.edit_pages(FENCE, f"<!--pytest-codeblocks:skip-->\n\n{FENCE}")
    assert any("docs/zh/page.md:11: a block is never skipped" in m for m in tree.messages())


def test_a_missing_snippet(tree):
    tree.edit_pages("all_ones.py", "all_ones_again.py")
    messages = tree.messages()
    assert (
        "docs/en/page.md:12: snippets/page/all_ones_again.py does not exist: create it" in messages
    )


def test_an_unused_snippet(tree):
    tree.write("snippets/page/unused.py", SNIPPET)
    assert tree.messages() == [
        f"snippets/page/unused.py:1: shown 0 times in docs/{language}: "
        "include it in exactly one entry"
        for language in ("zh", "en")
    ]


def test_a_snippet_in_another_entry(tree):
    tree.write("snippets/page/other.py", SNIPPET)
    tree.edit_pages(FENCE, f"{FENCE}\n\n{FENCE.replace('all_ones', 'other')}")
    assert any("a block of #all-ones is all_ones.py" in m for m in tree.messages())


def test_an_entry_in_one_language(tree):
    tree.edit("docs/zh/page.md", "[torch.ones]", "## 又一个 { #more }\n\n[torch.ones]")
    assert any(
        m.startswith("docs/zh/page.md:15: the headings differ: zh has level 2 #more")
        for m in tree.messages()
    )


def test_a_page_in_one_language(tree):
    tree.write("docs/en/more.md", PAGE.format(text="More").split("## ")[0])
    assert "docs/en/more.md:1: docs/zh/more.md is missing: write it" in tree.messages()


def test_another_anchor(tree):
    tree.edit("docs/en/page.md", "#all-ones", "#ones")
    assert any("the headings differ" in m for m in tree.messages())


def test_no_anchor(tree):
    tree.edit_pages(" { #page }", "")
    assert any(m.startswith("docs/zh/page.md:5: no anchor") for m in tree.messages())


def test_an_anchor_twice(tree):
    tree.edit_pages("[torch.ones]", "## 再 { #all-ones }\n\n[torch.ones]")
    assert any("the anchor #all-ones stands twice" in m for m in tree.messages())


def test_other_links_or_admonitions(tree):
    tree.edit("docs/en/page.md", "torch.ones.html", "torch.zeros.html")
    tree.edit(
        "docs/zh/page.md", "[torch.ones]", '!!! warning "注意"\n\n    别这样。\n\n[torch.ones]'
    )
    messages = tree.messages()
    assert any("the link targets differ" in m for m in messages)
    assert any("the admonitions differ" in m for m in messages)


def test_chinese_on_an_english_page(tree):
    tree.edit("docs/en/page.md", "All ones\n\n```", "全一\n\n```")
    assert "docs/en/page.md:9: Chinese on an English page: translate it" in tree.messages()


def test_english_on_a_chinese_page(tree):
    tree.edit(
        "docs/zh/page.md", "全一张量\n\n```", "this sentence was never translated at all\n\n```"
    )
    assert "docs/zh/page.md:9: English on a Chinese page: translate it" in tree.messages()


def test_no_description(tree):
    tree.edit_pages("description: ", "summary: ")
    assert any("no description in the front matter" in m for m in tree.messages())


BAD_COMMENTS = {
    "# 全是一": "no English half",
    "# 全是一 | ": "no English half",
    "# | all ones": "no Chinese half",
    "# all the ones": "no Chinese half",
    "# all ones | 全是一": "Chinese stands left",
    "# 全是一 | 全是一": "Chinese stands left",
}


@pytest.mark.parametrize(("comment", "message"), BAD_COMMENTS.items())
def test_half_a_comment(tree, comment, message):
    tree.edit("snippets/page/all_ones.py", "# 全是一 | all ones", comment)
    assert any(
        m.startswith("snippets/page/all_ones.py:3: ") and message in m for m in tree.messages()
    )


def test_a_neutral_comment_needs_no_half(tree):
    tree.edit("snippets/page/all_ones.py", "# 全是一 | all ones", "# (N, C, H, W)")
    assert tree.messages() == []


def test_chinese_outside_a_comment(tree):
    tree.edit("snippets/page/all_ones.py", "print(x.tolist())", 'print("全", x.tolist())')
    assert any(
        m.startswith("snippets/page/all_ones.py:4: Chinese outside") for m in tree.messages()
    )


def test_an_output_without_a_print(tree):
    tree.edit("snippets/page/all_ones.py", "import torch\n", "import torch\n\n#> 1\n")
    assert any(
        m.startswith("snippets/page/all_ones.py:3: #> stands under no print")
        for m in tree.messages()
    )


def test_a_wide_line_counts_what_one_language_shows(tree):
    both = f"x = 1  # {'宽' * 30} | {'w' * 60}"
    tree.edit("snippets/page/all_ones.py", "import torch\n", f"import torch\n\n{both}\n")
    assert tree.messages() == []
    tree.edit("snippets/page/all_ones.py", "宽", "宽宽宽宽")
    assert any(":3: 75 columns on the zh page" in m for m in tree.messages())


def test_a_file_name_that_shadows_a_module(tree):
    tree.write("snippets/page/copy.py", SNIPPET)
    assert any("snippets/page/copy.py:1: the file name shadows" in m for m in tree.messages())


def test_invalid_python(tree):
    tree.edit("snippets/page/all_ones.py", "print(x.tolist())", "print(x.tolist()")
    assert any(m.startswith("snippets/page/all_ones.py:") for m in tree.messages())


def test_a_console_block_without_its_reason(tree):
    tree.write("snippets/page/all_ones_reset.console", "nvidia-smi --gpu-reset\n")
    block = FENCE.replace("python", "console").replace("ones.py", "ones_reset.console")
    tree.edit_pages(FENCE, f"{FENCE}\n\n{block}")
    assert tree.messages() == [
        "snippets/page/all_ones_reset.console:1: the first line says why it is not run: "
        "`# 不运行：… | not run: …`"
    ]


def test_a_page_that_the_navigation_lacks(tree):
    tree.edit("mkdocs.yml", "      - page.md\n", "      - other.md\n")
    assert tree.messages() == [
        "docs/zh/page.md:1: mkdocs.yml does not list it: add page.md to `nav`",
        "mkdocs.yml:3: docs/zh/other.md does not exist: write it",
    ]


def test_a_chapter_in_one_language(tree):
    tree.edit("mkdocs.yml", "张量 | Tensors", "Tensors")
    with pytest.raises(SourceError, match=re.escape("a chapter is called `中文 | English`")):
        problems(tree.root)


def test_a_mark_of_essential_lines_that_is_never_closed(tree):
    tree.edit("snippets/page/all_ones.py", "x = torch", "#[\nx = torch")
    assert tree.messages() == [
        "snippets/page/all_ones.py:3: `#[` is never closed: end it with `#]`"
    ]


def test_exact_and_example_output_under_one_print(tree):
    tree.edit("snippets/page/all_ones.py", "#> [1.0, 1.0]", "#> [1.0, 1.0]\n#~ 2")
    assert any("either #> or #~ lines" in m for m in tree.messages())
