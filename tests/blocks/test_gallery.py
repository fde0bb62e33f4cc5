"""The gallery draws what is committed: cells, printed text, and the structure of every figure."""

import pytest

from cheatsheet.gallery import drawn, notebooks, printed
from cheatsheet.printed import lines_of, same_form
from cheatsheet.snippet import LANGUAGES, SourceError
from harness import ROOT

NOTEBOOKS = notebooks(ROOT)


@pytest.mark.here
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.id)
def test_a_notebook_draws_what_is_committed(notebook, tmp_path):
    committed = notebook.read("en")
    executed = notebook.executed("en", tmp_path)
    assert [cell.source for cell in executed.cells] == [cell.source for cell in committed.cells]
    for number, (new, old) in enumerate(zip(executed.cells, committed.cells, strict=True), 1):
        here, there = (lines_of(printed(cell)) for cell in (new, old))
        figures = len(drawn(new)), len(drawn(old))
        where = f"{notebook.id}, cell {number}"
        if new.metadata.get("example"):
            assert same_form(there, here), where
            assert figures[0] == figures[1], where
        else:
            assert here == there, where
            assert list(map(structure, drawn(new))) == list(map(structure, drawn(old))), where


def structure(svg):
    from cheatsheet.gallery import Figure

    return Figure("", 0, svg, "", "").structure


@pytest.mark.here
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.id)
def test_both_languages_show_the_same_figures(notebook):
    shapes = {}
    for language in LANGUAGES:
        cells = notebook.read(language).cells
        figures = [drawn(cell) for cell in cells if not cell.metadata.get("example")]
        shapes[language] = [
            [(count, len(texts)) for count, texts in map(structure, svgs)] for svgs in figures
        ]
    assert shapes["zh"] == shapes["en"]


GOOD = """\
# %% [markdown] lang="zh"
# # 题 { #small }
# %% [markdown] lang="en"
# # Title { #small }
# %% zh="一条线" en="A line"
import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.show()
"""


def written(root, source):
    path = root / "snippets" / "gallery" / "small.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    return notebooks(root)[0]


FAULTS = {
    "a missing half": (
        GOOD.replace('# %% [markdown] lang="en"\n# # Title { #small }\n', ""),
        "small.py:1: cell 1: no English half",
    ),
    "no alternative text": (
        GOOD.replace(' en="A line"', ""),
        "small.py:5: cell 3: no alternative text",
    ),
    "other anchors": (
        GOOD.replace("Title { #small }", "Title { #other }"),
        "small.py:3: cell 2: anchors",
    ),
    "Chinese alone": (
        GOOD.replace("plt.show()", 'plt.title("题")\nplt.show()'),
        "small.py:5: cell 3: Chinese without an English half",
    ),
    "not executed": (GOOD, "small.ipynb of zh is missing: `nox -s outputs -- gallery/small`"),
}


@pytest.mark.here
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_cell(fault, tmp_path):
    source, message = FAULTS[fault]
    assert any(message in str(p) for p in written(tmp_path, source).problems()), message


@pytest.mark.here
def test_a_cell_that_fails_is_named(tmp_path):
    notebook = written(tmp_path, GOOD.replace("plt.show()", "1 / 0\nplt.show()"))
    style = "snippets/gallery/matplotlibrc"
    (tmp_path / style).write_bytes((ROOT / style).read_bytes())
    with pytest.raises(SourceError, match=r"small\.py:5: cell 3: it failed with ZeroDivisionError"):
        notebook.executed("en", tmp_path)
