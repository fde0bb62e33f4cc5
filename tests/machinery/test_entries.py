"""What every entry has: an official link, and for each linked API page something that exists."""

import pytest

from cheatsheet.catalogue import Sheet
from cheatsheet.snippet import LANGUAGES
from harness import ROOT

SHEET = Sheet.read(ROOT)
ENTRIES = [entry for entry in SHEET.entries if any(block.runs for block in entry.blocks)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_entry_leads_to_an_official_page(entry):
    for language in LANGUAGES:
        links = [target for _, target in entry.sections[language].links]
        assert any(target.startswith("https://") for target in links)


def test_every_page_of_entries_is_on_the_home_page():
    from cheatsheet.pages import home

    for language in LANGUAGES:
        shown = home.chapters(SHEET, language)
        missing = [e.id for e in ENTRIES if f"({e.page}.md#{e.anchor})" not in shown]
        assert missing == []
