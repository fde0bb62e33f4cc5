"""The built site shows what ran, in both languages, and asks no other host for anything."""

import json
import re
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config
from mkdocs.exceptions import PluginError

from cheatsheet import material
from cheatsheet.pages import CONFIGS, read_pages
from cheatsheet.snippet import FENCE, LANGUAGES, ROOT, SNIPPETS, localize

SITE = ROOT / "build" / "site"
PAGES = [(language, name) for language in LANGUAGES for name in read_pages(language)]


def built(language, name):
    url = name.removesuffix(".md").removesuffix("index").strip("/")
    path = SITE / language / url / "index.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def shown_blocks(language, name):
    """Return `(language class, text)` of each `<pre>` of a built page, highlighted or not."""
    for pre in built(language, name).select("article pre"):
        holder = pre.find_parent(class_=re.compile("^language-"))
        kind = next((c for c in holder["class"] if c.startswith("language-")), "") if holder else ""
        yield kind.removeprefix("language-"), pre.get_text()


@pytest.fixture(scope="module", autouse=True)
def _site():
    assert (SITE / "index.html").is_file(), "build the site first: `nox -s site`"


@pytest.mark.after_the_blocks
def test_what_is_shown_is_what_ran(ran):
    shown = {
        (language, name, code)
        for language, name in PAGES
        for kind, code in shown_blocks(language, name)
        if kind != "console"
    }
    assert shown == ran, "a block was shown and not run, or run and not shown"


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_block_is_a_whole_snippet_in_the_page_s_language(language, name):
    includes = [i for s in read_pages(language)[name].sections for _, i in s.includes]
    paths = [SNIPPETS / include for include in includes]
    expected = [
        (FENCE[p.suffix], localize(p, p.read_text(encoding="utf-8"), language)) for p in paths
    ]
    assert list(shown_blocks(language, name)) == expected


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_source_and_download_stand_under_each_block(language, name):
    page = built(language, name)
    downloads = [unquote(a["href"].partition(",")[2]) for a in page.select(".snippet a[download]")]
    assert downloads == [code for _, code in shown_blocks(language, name)]
    for link in page.select(".snippet a:not([download])"):
        assert (ROOT / "snippets" / link["href"].split("/snippets/")[1]).is_file()


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_loads_nothing_from_another_host(language, name):
    page = built(language, name)
    loaded = [t.get("src") or t.get("href") for t in page.select("[src], link[href]")]
    for url in loaded:
        host = urlsplit(url).netloc
        assert not host or host.startswith("127.0.0.1"), url


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_has_language_description_and_edit_link(language, name):
    page = built(language, name)
    assert page.html["lang"] == language
    assert page.select_one("meta[name=description]")["content"]
    edit = page.select_one("a.md-content__button")["href"]
    assert edit.endswith(f"/docs/{language}/{name}")


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_entries_keep_their_anchors(language, name):
    page = built(language, name)
    for section in read_pages(language)[name].sections:
        assert page.select_one(f"h{section.level}#{section.anchor}"), section.anchor


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_each_page_links_to_itself_in_both_languages(language, name):
    page = built(language, name)
    path = name.removesuffix(".md").removesuffix("index")
    path += "/" if path else ""
    switch = {a["hreflang"]: a["href"] for a in page.select(".md-select__link")}
    assert switch == {la: f"/{la}/{path}" for la in LANGUAGES}
    head = {a["hreflang"]: a["href"] for a in page.select("link[rel=alternate]")}
    canonical = page.select_one("link[rel=canonical]")["href"]
    assert head[language] == canonical
    assert canonical.endswith(f"/{language}/{path}")
    assert head["x-default"] == head["zh"]
    assert head["en"].endswith(f"/en/{path}")


def test_a_moved_page_leads_to_a_page_and_hides_none():
    moved = load_config(str(ROOT / CONFIGS["zh"])).plugins["redirects"].config["redirect_maps"]
    assert not set(moved) & set(read_pages("zh"))
    assert set(moved.values()) <= set(read_pages("zh")), "an anchor would spoil the reader's own"


@pytest.mark.parametrize("name", ["index", "404"])
def test_no_page_above_the_languages_sends_the_browser_to_look_for_an_icon(name):
    assert '<link rel="icon"' in (ROOT / "docs" / "root" / f"{name}.html").read_text()


def test_a_change_of_material_stops_the_build():
    patches = (("old", "new"),)
    assert material.patch("an old link", patches, "x") == "an new link"
    for text in ("nothing of it", "old and old"):
        with pytest.raises(PluginError, match="not once in x"):
            material.patch(text, patches, "x")


@pytest.mark.parametrize("language", LANGUAGES)
def test_chinese_is_indexed_as_words_and_stored_as_utf8(language):
    text = (SITE / language / "search/search_index.json").read_text(encoding="utf-8")
    assert "\\u" not in text.replace("\\u200b", "").replace("\\u3000", "")
    titles = " ".join(doc["title"] for doc in json.loads(text)["docs"])
    assert ("\u200b张量" in titles) == (language == "zh")


def test_both_configurations_list_every_page_in_one_order():
    order = {
        language: re.findall(
            r"[\w/-]+\.md", (ROOT / CONFIGS[language]).read_text().split("nav:")[1]
        )
        for language in LANGUAGES
    }
    assert order["zh"] == order["en"]
    assert sorted(order["zh"]) == sorted(read_pages("zh"))
