"""A sentence that turns false, in one language or in both, is noticed without a build."""

import pytest

from cheatsheet.agreed import Agreed
from cheatsheet.lint import links, prose
from machinery.test_catalogue import NAV, PYPROJECT, Small

SNIPPET = """\
import torch

#[
b = torch.ones(2).clone()  # 新内存 | new memory
#]
print(b.tolist())
#> [1.0, 1.0]
"""
TEXTS = {
    "zh": (
        "内存",
        "## 复制张量 { #copy-tensor }\n\n用 `clone()` 复制，占 2 份内存。\n\n"
        '```python\n--8<-- "copy_tensor.py"\n```\n\n- 见[复制张量](memory.md#copy-tensor)。\n',
    ),
    "en": (
        "Memory",
        "## Copying tensors { #copy-tensor }\n\n`clone()` copies, which takes 2 times the memory."
        '\n\n```python\n--8<-- "copy_tensor.py"\n```\n\n'
        "- See [Copying tensors](memory.md#copy-tensor).\n",
    ),
}
TEST = """\
import pytest


@pytest.mark.claim("tensors/memory#copy-tensor", "which takes 2 times the memory")
def test_copy_tensor(run):
    assert run("tensors/memory/copy_tensor.py")["b"].sum() == 2
"""
ZH, EN = "docs/zh/tensors/memory.md", "docs/en/tensors/memory.md"
CODE = "snippets/tensors/memory/copy_tensor.py"
TESTS = "tests/snippets/tensors/test_memory.py"


class Prose(Small):
    """A sheet of one entry whose prose is sound and agreed."""

    def __init__(self, root):
        self.root = root
        self.write("pyproject.toml", PYPROJECT)
        self.write("mkdocs.yml", NAV.replace("  - 首页 | Home: index.md\n", ""))
        self.write(CODE, SNIPPET)
        self.write(TESTS, TEST)
        for language, (title, text) in TEXTS.items():
            front = f'---\ndescription: "{title}"\n---\n\n# {title} {{ #memory }}\n\n'
            self.write(f"docs/{language}/tensors/memory.md", front + text)
        self.agree()

    def agree(self):
        Agreed(self.sheet).agree(self.sheet.entries)

    def messages(self):
        found = [*prose.problems(self.sheet), *Agreed(self.sheet).problems()]
        return [str(problem).replace(f"{self.root}/", "") for problem in found]


@pytest.fixture
def sound(tmp_path):
    return Prose(tmp_path)


def test_what_is_sound_has_no_problem(sound):
    assert sound.messages() == []


EDITS = {
    "a number in one language": (EN, "takes 2", "takes 3"),
    "a negation in one language": (ZH, "复制，占", "复制，不占"),
    "a negation that a test holds": (EN, "which takes", "which never takes"),
    "a code span": (ZH, "`clone()`", "`detach()`"),
    "a bullet left out": (ZH, "- 见[复制张量](memory.md#copy-tensor)。\n", ""),
    "a link to another entry": (EN, "(memory.md#copy-tensor)", "(memory.md#memory)"),
    "a link to nowhere": (EN, "(memory.md#copy-tensor)", "(memory.md#copy)"),
    "a link without its entry": (EN, "(memory.md#copy-tensor)", "(memory.md)"),
    "a heading in the other language": (ZH, "## 复制张量", "## copying your tensors"),
    "a description in the other language": (ZH, 'description: "内存"', 'description: "the memory"'),
    "a dropped call in the block": (CODE, ".clone()", ""),
    "half a comment": (CODE, "| new memory", "| old memory"),
    "a weaker test": (TESTS, "== 2", ">= 0"),
    "no essential lines": (CODE, "#[\n", ""),
    "no test of the block": (TESTS, "copy_tensor.py", "copy.py"),
}


@pytest.mark.parametrize(("name", "old", "new"), EDITS.values(), ids=EDITS)
def test_a_wrong_edit_is_named_with_file_and_remedy(sound, name, old, new):
    if new == "" and old == "#[\n":
        sound.edit(name, "#]\n", "")
    sound.edit(name, old, new)
    messages = sound.messages()
    assert messages
    for message in messages:
        where, _, remedy = message.partition(": ")
        assert where.rpartition(":")[2].isdigit() and remedy


def test_a_change_of_one_side_asks_for_the_others(sound):
    sound.edit(ZH, "内存。", "存储。")
    assert sound.messages() == [
        f"{ZH}:7: #copy-tensor: the Chinese text changed since it was agreed: read the English "
        "text, a block, a test too, then `nox -s agree -- tensors/memory#copy-tensor`"
    ]
    sound.agree()
    assert sound.messages() == []


def test_outputs_and_layout_are_no_change(sound):
    sound.edit(CODE, "#> [1.0, 1.0]", "#> [2.0, 2.0]")
    sound.edit(ZH, "\n\n用", "\n\n\n用")
    assert sound.messages() == []


def test_an_address_that_is_gone_is_missed(sound):
    for page in (ZH, EN):
        sound.edit(page, "#copy-tensor", "#copy-a-tensor")
    assert any("tensors/memory#copy-tensor is gone, and readers" in m for m in sound.messages())


def test_after_a_merge_either_of_two_lines_counts(sound):
    path = sound.root / "docs/agreed.txt"
    line = path.read_text()
    path.write_text("tensors/memory#copy-tensor zh=0 en=0 code=0 test=0\n" + line)
    assert sound.messages() == []


def test_the_page_does_not_show_what_is_stale_as_fresh(sound):
    assert "being revised" not in sound.expanded().text
    sound.edit(ZH, "内存。", "存储。")
    assert "being revised" in sound.expanded().text
    assert "正在修订" in sound.expanded("zh").text


def test_an_official_address_is_one_that_was_looked_at(sound):
    address = "https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management"
    sound.edit(EN, "- See", f"- [Notes]({address}) See")
    (problem,) = links.problems(sound.sheet)
    assert f"{address} is not in docs/links.txt" in str(problem)
    sound.write("docs/links.txt", f"# looked at\n{address}\n")
    assert list(links.problems(sound.sheet)) == []


def test_an_official_page_without_its_paragraph(sound):
    for page, word in ((ZH, "- 见"), (EN, "- See")):
        link = "[x](https://docs.pytorch.org/docs/stable/notes/cuda.html)"
        sound.edit(page, word, f"- {link} {word[2:]}")
    sound.agree()
    assert [m.partition(": ")[2] for m in sound.messages()] == 2 * [
        "https://docs.pytorch.org/docs/stable/notes/cuda.html: lead to the paragraph: add its #…"
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (ZH, 'description: "内存"', 'description: "存储"'),
        (ZH, "# 内存 {", "# 存储 {"),
        (EN, "# Memory { #memory }\n", "# Memory { #memory }\n\nAll of it is shared.\n"),
        ("mkdocs.yml", "| Tensors", "| Arrays"),
    ],
    ids=["description", "title", "text outside the entries", "chapter"],
)
def test_what_stands_outside_the_entries_is_agreed_too(sound, name, old, new):
    sound.edit(name, old, new)
    assert any("`nox -s agree -- tensors/memory`" in message for message in sound.messages())
    sound.agree()
    Agreed(sound.sheet).agree([], sound.sheet.pages)
    assert sound.messages() == []
