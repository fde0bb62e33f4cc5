"""A snippet reads in either language, and its outputs are written by the machine alone."""

import ast
import os

import pytest

from cheatsheet.execution import execute, in_child
from cheatsheet.outputs import refresh
from cheatsheet.printed import disagreements, rewritten, shown
from cheatsheet.snippet import SourceError, essential, essential_lines, localize

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
    assert "LEAK" not in os.environ


def test_a_dead_process_is_reported(snippet):
    path = snippet("import os\nos._exit(3)\n")
    with pytest.raises(RuntimeError, match="the process died"):
        in_child(execute, path)


def test_what_cannot_be_sent_back_is_an_error_of_the_call():
    with pytest.raises(RuntimeError, match="pickle"):
        in_child(lambda: ast)


# Essential lines

MARKED = """\
import torch

#[
x = torch.ones(2)  # 全是一 | all ones
#]
for i in range(2):
    #[
    print(i)
    #> 0
    #> 1
    #]
"""


def test_essential_lines_are_code_alone_at_column_one(snippet):
    path = snippet(MARKED)
    assert essential(path, MARKED) == ["x = torch.ones(2)  # 全是一 | all ones", "print(i)"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_reader_sees_the_marks(snippet, language):
    text = localize(snippet(MARKED), MARKED, language)
    assert "#[" not in text and "#]" not in text
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(MARKED))


def test_marks_change_no_output(snippet):
    path = snippet(MARKED.replace("import torch", "import math as torch").replace("ones(2)", "pi"))
    assert not refresh(path)
    assert shown(path, MARKED)[8].lines == ("0", "1")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("#[\nx = 1\n", "is never closed"),
        ("x = 1\n#]\n", "closes nothing"),
        ("#[\n#[\nx = 1\n#]\n#]\n", "stands inside"),
        ("#[\n#]\n", "hold whole statements"),
        ("if x:\n    #[\n    y = (\n    #]\n    1)\n", "hold whole statements"),
    ],
)
def test_marks_hold_whole_statements(snippet, source, message):
    with pytest.raises(SourceError, match=message):
        essential(snippet(source), source)


# Outputs that vary


@pytest.mark.parametrize(
    ("text", "example", "same"),
    [
        ("torch 2.14.1+cu130", "torch 2.11.0+cu128", True),
        ("took 12.3 ms", "took 4 us", True),
        ("took 12.3 ms", "waited 4 us", False),
        ("a 1", "a 1\na 2", False),
        ("on cuda:0: 5", "on cpu: 3", True),
        ("name    calls  1.5%", "name  calls  99.123%", True),
        ("----- -----", "--- ----------", True),
        ("GPU NVIDIA H100, 80 GB", "GPU …, 24 GB", True),
        ("True", "False", False),
        ("peak 512 MiB", "peak 1.5 GiB", True),
    ],
)
def test_an_example_holds_its_form_alone(snippet, text, example, same):
    source = f"print({text!r})\n" + "".join(f"#~ {line}\n" for line in example.split("\n"))
    expected = shown(snippet(source), source)
    assert (disagreements(expected, {1: f"{text}\n"}) == []) == same


def test_an_exact_output_is_not_loosened_by_examples(snippet):
    source = "print(1)\n#> 2\n"
    assert disagreements(shown(snippet(source), source), {1: "1\n"})


def test_an_example_is_renewed_only_on_request(snippet):
    path = snippet("import os\nprint(f'pid {os.getpid()}')\n#~ pid 17\n")
    assert not refresh(path)
    assert refresh(path, examples=True)
    assert "#~ pid 17\n" not in path.read_text()
    assert path.read_text().count("#~ pid ") == 1


def test_an_example_without_the_form_is_renewed_anyway(snippet):
    path = snippet("print('took 3 ms')\n#~ x\n")
    assert refresh(path)
    assert path.read_text() == "print('took 3 ms')\n#~ took 3 ms\n"


def test_what_is_marked_free_stays_as_it_was_written(snippet):
    path = snippet("print('GPU H100, 80 GB')\n#~ GPU …, 24 GB\n")
    assert not refresh(path)
    assert not refresh(path, examples=True)


def test_decimals_are_compared_with_a_tolerance_on_another_device_alone(snippet):
    source = "print(0.1235, True)\n#> 0.1234 True\n"
    expected = shown(snippet(source), source)
    assert disagreements(expected, {1: "0.1235 True\n"}, exact=False) == []
    assert disagreements(expected, {1: "0.1235 True\n"})
    assert disagreements(expected, {1: "0.2235 True\n"}, exact=False)
    assert disagreements(expected, {1: "0.1234 False\n"}, exact=False)


def test_writing_outputs_keeps_every_other_line(snippet):
    source = "if True:\n    print(1)\n"
    assert rewritten(snippet(source), source, {2: "1\n"}) == f"{source}    #> 1\n"


def test_essential_lines_are_counted_as_readers_see_them(snippet):
    shown_lines = localize(snippet(MARKED), MARKED, "en").splitlines()
    assert [shown_lines[n - 1].strip() for n in essential_lines(MARKED)] == [
        "x = torch.ones(2)  # all ones",
        "print(i)",
    ]
