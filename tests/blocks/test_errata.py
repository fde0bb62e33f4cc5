"""Each mistake of the seed happens on this torch as the errata say, and its entry has the answer."""

import builtins
import re
import runpy

import pytest

from cheatsheet.catalogue import Sheet
from cheatsheet.pages.errata import KINDS, load, render
from cheatsheet.snippet import SourceError
from harness import ROOT, SNIPPETS

ROWS = load(ROOT)
RUN = [row for row in ROWS if row.code_path]
ABSENT = [row for row in ROWS if row.absent]

# Rows whose answer is no name that an entry could hold, and why.
NO_NAME = {
    "e162": "a list of misspelled words; the entry has the word “weighted”",
}

_CODE = re.compile(r"`([^`]+)`")
_API = re.compile(r"[A-Za-z_][\w.]*(?=\()|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|\w+(?==[^=])")
_FENCE = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)


@pytest.mark.parametrize("row", RUN, ids=lambda row: row.id)
def test_the_mistake_shows(row):
    raised = ""
    try:
        runpy.run_path(str(row.code_path), run_name="__main__")
    except BaseException as error:
        if not row.error:
            raise
        raised = f"{type(error).__name__}: {error}"
    assert (row.error or "") in raised, f"raised: {raised or 'nothing'}"


@pytest.mark.here
@pytest.mark.parametrize("row", ABSENT, ids=lambda row: row.id)
def test_the_entry_does_not_have_it(row):
    snippets = list((SNIPPETS / row.page).glob(f"{row.anchor.replace('-', '_')}*"))
    assert snippets
    for path in snippets:
        code = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(row.absent, code), path.name


def entry(language, row):
    """What a reader of the entry sees: its section of the page, and its blocks."""
    page = (ROOT / "docs" / language / f"{row.page}.md").read_text(encoding="utf-8")
    sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    (section,) = [s for s in sections if f"{{ #{row.anchor} }}" in s.split("\n")[0]]
    return _FENCE.sub(lambda m: (SNIPPETS / row.page / m[1]).read_text(encoding="utf-8"), section)


def names(text):
    """The code spans of a text, and the APIs in them: what is called, reached by a dot, or passed."""
    spans = _CODE.findall(text)
    apis = {match.rpartition(".")[2] for span in spans for match in _API.findall(span)}
    return {*spans, *(api for api in apis if len(api) > 2 and not hasattr(builtins, api))}


@pytest.mark.here
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_entry_has_the_answer(row, language):
    if row.id in NO_NAME:
        return
    told = entry(language, row)
    found = {
        name
        for name in names(row.right[language])
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told)
    }
    assert found, f"{row.path}: {row.entry} has none of {sorted(names(row.right[language]))}"


@pytest.mark.here
def test_both_languages_name_the_same_code():
    for row in ROWS:
        for field in ("said", "happens", "right"):
            zh, en = (
                sorted(_CODE.findall(getattr(row, field)[language])) for language in ("zh", "en")
            )
            assert len(zh) == len(en), f"{row.path}: {field}: {zh} but {en}"


@pytest.mark.here
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_leads_to_every_row(language):
    page = render(Sheet.read(ROOT), language)
    anchors = re.findall(r'\{ #([\w-]+) \}|<a id="(\w+)">', page)
    found = [heading or former for heading, former in anchors]
    assert len(found) == len(set(found))
    assert {row.id for row in ROWS} | {name for row in ROWS for name in row.also} <= set(found)
    assert {row.kind for row in ROWS} == set(KINDS) <= set(found)
    assert not any(re.search(r"第 \d+ 行|\bline \d", row.happens[language]) for row in ROWS)
    overview = page.partition("## ")[2].partition("\n## ")[0]
    counts = [int(n) for n in re.findall(r"\) (\d+)", overview)]
    assert sum(counts) == 2 * len(ROWS)
    assert set(re.findall(r"\]\(#([\w-]+)\)", overview)) <= set(found)


ROW = """\
line: 6
where: {zh: 某节, en: A section}
kind: typo
entry: setup#versions
title: {zh: 题, en: A title}
said: {zh: 甲, en: One}
happens: {zh: 乙, en: Two}
right: {zh: 丙, en: Three}
not_run: spelling
"""


@pytest.mark.here
@pytest.mark.parametrize(
    ("name", "old", "new", "place", "remedy"),
    [
        ("e1", "not_run: spelling\n", "", "e1.yml:1", "e1.py shows the mistake"),
        ("e1", "kind: typo", "kind: tpyo", "e1.yml:3", "it is one of wrong-result"),
        ("e1", "kind: typo\n", "", "e1.yml:1", "no 'kind': add it"),
        ("e1", "line: 6", "line: six", "e1.yml:1", "give a number"),
        ("e1", "en: A title", "en: 题", "e1.yml:5", "translate it"),
        ("e1", "{zh: 乙, en: Two}", "{zh: 乙}", "e1.yml:7", "an en half"),
        ("e1", "setup#", "tensors/math#", "e1.yml:4", "move the file to its page"),
        ("e1", "not_run: spelling", "not_rum: spelling", "e1.yml:9", "unknown field"),
        ("e1", "not_run: spelling", "not_run: a: b", "e1.yml:9", "goes into quotes"),
        ("e1", "not_run: spelling", "not_run: x\nabsent: (", "e1.yml:10", "regular expression"),
        ("e1", "not_run: spelling", "not_run: x\nsince: 2.13", "e1.yml:10", "put it in quotes"),
        ("e1", "not_run: spelling", "not_run: x\nalso: [e1]", "e1.yml:1", "take another"),
        ("e1", "not_run: spelling", "not_run: x\nalso: e2", "e1.yml:10", "a list of ids"),
        ("x1", "", "", "x1.yml:1", "rename it"),
    ],
)
def test_a_wrong_row_is_named_with_line_and_remedy(tmp_path, name, old, new, place, remedy):
    folder = tmp_path / "docs" / "errata" / "setup"
    folder.mkdir(parents=True)
    (folder / "e1.yml").write_text(ROW, encoding="utf-8")
    assert [row.id for row in load(tmp_path)] == ["e1"]
    (folder / f"{name}.yml").write_text(ROW.replace(old, new) if old else ROW, encoding="utf-8")
    with pytest.raises(SourceError, match=re.escape(place)) as error:
        load(tmp_path)
    assert remedy in str(error.value)


@pytest.mark.here
def test_code_without_a_row_is_named(tmp_path):
    (tmp_path / "docs" / "errata").mkdir(parents=True)
    (tmp_path / "docs" / "errata" / "e1.py").touch()
    with pytest.raises(SourceError, match=r"e1\.py:1: no e1\.yml beside it"):
        load(tmp_path)
