"""A snippet reads in either language, and its outputs are written by the machine alone."""

import ast

import pytest

from cheatsheet.execution import execute, in_child
from cheatsheet.outputs import refresh, select
from cheatsheet.snippet import localize, with_outputs

BILINGUAL = """\
x = "a # b | c"  # 左 | right | far
# 整行 | the whole line
y = 1  # (2, 3)
print(y)
#> 1
"""


@pytest.fixture
def snippet(tmp_path):
    def write(source, suffix=".py"):
        path = tmp_path / f"entry{suffix}"
        path.write_text(source, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("zh", 'x = "a # b | c"  # 左', "# 整行"),
        ("en", 'x = "a # b | c"  # right | far', "# the whole line"),
    ],
)
def test_each_language_shows_its_half(snippet, language, first, second):
    shown = localize(snippet(BILINGUAL), BILINGUAL, language)
    assert shown.splitlines() == [first, second, "y = 1  # (2, 3)", "print(y)", "#> 1"]
    assert ast.dump(ast.parse(shown)) == ast.dump(ast.parse(BILINGUAL))


def test_shell_comments_are_bilingual_too(snippet):
    source = 'echo "a#b"  # 打印 | print\n'
    assert localize(snippet(source, ".sh"), source, "en") == 'echo "a#b"  # print\n'


def test_outputs_stand_under_the_print_that_wrote_them(snippet):
    path = snippet("for i in range(2):\n    print(i)\nprint(\n    'a\\nb',\n)\nz = 1\n")
    assert refresh(path)
    assert path.read_text() == (
        "for i in range(2):\n    print(i)\n    #> 0\n    #> 1\n"
        "print(\n    'a\\nb',\n)\n#> a\n#> b\nz = 1\n"
    )
    assert not refresh(path)


def test_stale_outputs_are_replaced(snippet):
    path = snippet("print(1)\n#> 2\n#> 3\nx = 2\n#> 4\n")
    assert refresh(path)
    assert path.read_text() == "print(1)\n#> 1\nx = 2\n"


def test_a_failing_snippet_is_left_as_it_was(snippet):
    path = snippet("print(1)\n#> 2\nraise ValueError('wrong')\n")
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="ValueError: wrong"):
        refresh(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_warning_is_an_error(snippet):
    path = snippet("import warnings\nwarnings.warn('old')\n")
    with pytest.raises(RuntimeError, match="UserWarning: old"):
        in_child(execute, path)


def test_a_snippet_is_main_and_nothing_of_it_stays_here(snippet):
    path = snippet("import os\nassert __name__ == '__main__'\nos.environ['LEAK'] = 'yes'\n")
    assert in_child(lambda: execute(path).names["__name__"]) == "__main__"
    import os

    assert "LEAK" not in os.environ


def test_a_dead_process_is_reported(snippet):
    path = snippet("import os\nos._exit(3)\n")
    with pytest.raises(RuntimeError, match="the process died"):
        in_child(execute, path)


def test_what_cannot_be_sent_back_is_an_error_of_the_call():
    with pytest.raises(RuntimeError, match="pickle"):
        in_child(lambda: ast)


def test_writing_outputs_keeps_every_other_line():
    assert with_outputs("if True:\n    print(1)\n", {2: "1\n"}) == (
        "if True:\n    print(1)\n    #> 1\n"
    )


def test_an_unknown_word_selects_nothing_and_says_so():
    with pytest.raises(SystemExit, match="no snippet starts with 'nosuch'"):
        select(["nosuch"])
