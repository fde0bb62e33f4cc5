"""The gallery and what can be taken away, as readers meet them on the built site."""

import gzip
import json
import re

import pytest
from bs4 import BeautifulSoup

from cheatsheet.catalogue import Sheet
from cheatsheet.snippet import CJK, LANGUAGES
from cheatsheet.take import has_code
from harness import ROOT
from harness.reader import Readers, launched, served

SITE = ROOT / "build" / "site"
SHEET = Sheet.read(ROOT)
WITH_CODE = [page.name for page in SHEET.pages if has_code(page)]
GALLERY = [(language, notebook) for language in LANGUAGES for notebook in SHEET.notebooks]


def name_of(value):
    return value if isinstance(value, str) else value.id


def page_of(language, name):
    path = SITE / language / name.removesuffix("index") / "index.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize(("language", "notebook"), GALLERY, ids=name_of)
def test_every_figure_is_a_file_with_alternative_text_in_the_page_s_language(language, notebook):
    images = page_of(language, notebook.name).select("article .figure img")
    assert len(images) == len(notebook.figures(language)) >= 1
    for image in images:
        assert bool(CJK.search(image["alt"])) == (language == "zh")
        assert image["loading"] == "lazy" and image["width"] and image["height"]
        assert (SITE / language / notebook.name / image["src"]).resolve().is_file()


@pytest.mark.parametrize(("language", "notebook"), GALLERY, ids=name_of)
def test_a_notebook_is_a_page_like_any_other(language, notebook):
    page = page_of(language, notebook.name)
    anchors = [h["id"] for h in page.select("article :is(h1, h2, h3)")]
    assert anchors == [anchor for anchor, _ in notebook.headings(language)]
    assert notebook.title(language) in page.title.get_text()
    assert page.select_one("meta[name=description]")["content"]
    code = [c.source for c in notebook.localized(language).cells if c.cell_type == "code"]
    assert [b.get_text().rstrip("\n") for b in page.select("article .highlight code")] == code
    assert page.select("article style, article script") == []


@pytest.mark.parametrize(("language", "notebook"), GALLERY, ids=name_of)
def test_a_notebook_weighs_at_most_60_kb_more_than_a_page(language, notebook):
    def weight(name):
        return len(gzip.compress((SITE / language / name / "index.html").read_bytes()))

    assert weight(notebook.name) - weight("setup") <= 60_000
    figures = sum(len(figure.svg.encode()) for figure in notebook.figures(language))
    assert figures <= 300_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WITH_CODE)
def test_a_page_offers_itself_as_notebook_and_as_markdown(language, name):
    import nbformat

    row = page_of(language, name).select_one("article h1 + .take")
    links = [(SITE / language / name / link["href"]).resolve() for link in row.select("a")]
    assert [link.suffix for link in links] == [".ipynb", ".md"]
    made = json.loads(links[0].read_text(encoding="utf-8"))
    nbformat.validate(made)
    text = links[1].read_text(encoding="utf-8")
    assert text.startswith(f"# {SHEET.page(name).title(language)}\n")
    for block in (block for entry in SHEET.page(name).entries for block in entry.blocks):
        assert block.shown(language) in text
    relative = re.findall(
        r"\]\((?!https?://)[^)]*\)", re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.S)
    )
    assert relative == [], "links that only the site can follow"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_copied_as_markdown(language):
    with launched() as browser, served(SITE) as address:
        readers = Readers(browser, address, permissions=["clipboard-read", "clipboard-write"])
        reader = readers.open(f"{language}/tensors/memory/")
        text = reader.copy_page()
        readers.leave()
    assert readers.complaints == []
    assert text == (SITE / language / "tensors" / "memory.md").read_text(encoding="utf-8")
