"""Each defect of the seed happens on this torch as the errata say, and its entry is free of it."""

import re

import pytest

from cheatsheet.errata import load
from cheatsheet.snippet import SNIPPETS

ROWS = load()
RUN = [row for row in ROWS if "run" in row]
ABSENT = [row for row in ROWS if "absent" in row]


@pytest.mark.fresh_process
@pytest.mark.parametrize("row", RUN, ids=lambda row: row["id"])
def test_the_defect_shows(row):
    try:
        exec(compile(row["run"], row["id"], "exec"), {"__name__": "__main__"})
    except BaseException as error:
        if "error" not in row:
            raise
        raised = f"{type(error).__name__}: {error}"
        assert row["error"] in raised
    else:
        assert "error" not in row, "nothing was raised"


@pytest.mark.parametrize("row", ABSENT, ids=lambda row: row["id"])
def test_the_entry_does_not_have_it(row):
    page, _, anchor = row["entry"].partition("#")
    snippets = list((SNIPPETS / page).glob(f"{anchor.replace('-', '_')}*"))
    assert snippets
    for path in snippets:
        code = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(row["absent"], code), path.name
