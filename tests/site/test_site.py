"""The built site shows what ran, in both languages, and asks no other host for anything."""

import hashlib
import logging
import re
from base64 import b64encode
from functools import cache
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

from cheatsheet import assets, material
from cheatsheet.catalogue import CONFIGS, Sheet
from cheatsheet.material.lean import check, lean
from cheatsheet.pages.verification import exceptions
from cheatsheet.receipts import Receipts
from cheatsheet.snippet import LANGUAGES
from harness import PAGES as EXPANDED
from harness import ROOT

SITE = ROOT / "build" / "site"
SHEET = Sheet.read(ROOT)
PAGES = [(language, page.name) for language in LANGUAGES for page in SHEET.pages]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@cache
def built(language, name):
    url = name.removesuffix("index").strip("/")
    path = SITE / language / url / "index.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def shown_blocks(language, name):
    """Return `(language class, text)` of each `<pre>` of a built page, highlighted or not."""
    found = []
    for pre in built(language, name).select("article pre"):
        holder = pre.find_parent(class_=re.compile("^language-"))
        kind = next((c for c in holder["class"] if c.startswith("language-")), "") if holder else ""
        found.append((kind.removeprefix("language-"), pre.get_text()))
    return found


def blocks_of(name):
    return [block for entry in SHEET.page(name).entries for block in entry.blocks]


@pytest.fixture(scope="module", autouse=True)
def _site():
    assert (SITE / "index.html").is_file(), "build the site first: `nox -s site`"


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_what_is_shown_is_what_the_tests_run(language, name):
    """The pages in build/pages/, whose blocks are run, and the site show the same blocks."""
    text = (EXPANDED / language / f"{name}.md").read_text(encoding="utf-8")
    assert shown_blocks(language, name) == _FENCE.findall(text)


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_block_is_a_whole_snippet_in_the_page_s_language(language, name):
    expected = [(block.kind, block.shown(language)) for block in blocks_of(name)]
    assert shown_blocks(language, name) == expected


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_source_and_download_stand_under_each_block(language, name):
    page = built(language, name)
    folder = SITE / language / name
    files = [folder / a["href"] for a in page.select(".snippet a[download]")]
    downloads = [file.read_text(encoding="utf-8") for file in files]
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
def test_a_page_runs_only_what_is_ours_and_says_so(language, name):
    page = built(language, name)
    rules = page.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert "default-src 'self';" in rules
    assert "unsafe" not in rules
    assert "http" not in rules
    before = page.select_one("meta[http-equiv]").find_previous_siblings()
    assert [tag.name for tag in before] == ["meta"], "nothing stands above what governs it"
    for script in page.select("script:not([src]):not([type])"):
        digest = hashlib.sha256(script.string.encode()).digest()
        assert f"'sha256-{b64encode(digest).decode()}'" in rules


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_needs_one_style_sheet_and_one_script(language, name):
    page = built(language, name)
    files = [link["href"] for link in page.select("link[rel=stylesheet], link[rel=icon]")]
    files += [script["src"] for script in page.select("script[src]")]
    assert len(files) == 3
    assert files.pop(0).startswith("data:image/svg+xml,"), "its icon is in it"
    for file in files:
        assert re.search(r"assets/\w+/cheatsheet\.[0-9a-f]{8}\.(css|js)$", file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_true_of_most_blocks_is_said_once_and_an_exception_at_its_block(language):
    receipts = Receipts.read(SHEET)
    for name in ("tensors/basics", "performance/compile", "distributed/ddp"):
        page = built(language, name)
        assert len(page.select(".verified")) == 1
        for block, row in zip(blocks_of(name), page.select(".snippet"), strict=True):
            said = [aside.get_text() for aside in row.select("span")]
            assert said[: len(exceptions(block, language, receipts))] == exceptions(
                block, language, receipts
            )
            assert not any("✓ torch" in aside for aside in said), "no exception: it is said once"


def test_a_part_that_is_not_listed_stops_the_build(tmp_path, monkeypatch):
    (tmp_path / "assets/stylesheets").mkdir(parents=True)
    (tmp_path / "assets/stylesheets/new.css").write_text("p {}")
    monkeypatch.setattr(assets, "THEME", tmp_path)
    config = SimpleNamespace(extra_css=[], extra_javascript=[])
    with pytest.raises(PluginError, match=r"new\.css is not listed"):
        assets.join(Files([]), config)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_published_that_no_reader_asks_for(language):
    files = {path for path in (SITE / language / "assets").rglob("*") if path.is_file()}
    pages = "".join(path.read_text("utf-8") for path in (SITE / language).rglob("*.html"))
    asked = {path for path in files if path.name in pages}
    assert {path.name for path in files - asked} == {"names.js"}, "the filter's, when it is used"


def test_of_the_theme_s_styles_only_those_of_unused_features_are_taken_away():
    kept = ".md-grid{a:b}", "[data-md-color-primary=black]{a:b}", "p:not(.tabbed-set){a:b}"
    css = (
        f"a{{}}@media print{{.tabbed-set>p,.md-nav{{a:b}}}}@media x{{.keys{{a:b}}}}{''.join(kept)}"
    )
    assert lean(css) == f"a{{}}@media print{{.md-nav{{a:b}}}}{''.join(kept)}"
    with pytest.raises(PluginError, match="tabbed-set"):
        check('<div class="x tabbed-set">', "a.md")
    check('<div class="md-grid"><code>tabbed-set</code>', "a.md")


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_has_language_description_and_edit_link(language, name):
    page = built(language, name)
    assert page.html["lang"] == language
    assert page.select_one("meta[name=description]")["content"]
    edit = page.select_one("a.md-content__button")["href"]
    assert edit.endswith(f"/docs/{language}/{name}.md")


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_link_to_a_page_shows_its_title_its_description_and_a_card(language, name):
    page = built(language, name)
    said = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert said["og:title"] == SHEET.page(name).title(language)
    assert said["og:description"] == page.select_one("meta[name=description]")["content"]
    assert said["og:url"] == page.select_one("link[rel=canonical]")["href"]
    card = said["og:image"].partition(f"/{language}/")[2]
    assert (SITE / language / card).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_has_its_room_before_it_is_there(language):
    pages = [built(language, page.name) for page in SHEET.pages]
    images = [image for page in pages for image in page.select("article img[src$='.svg']")]
    assert images
    assert all(int(image["width"]) and int(image["height"]) for image in images)


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_entries_keep_their_anchors(language, name):
    page = built(language, name)
    for section in SHEET.page(name).written[language].sections:
        assert page.select_one(f"h{section.level}#{section.anchor}"), section.anchor


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_each_page_links_to_itself_in_both_languages(language, name):
    page = built(language, name)
    path = name.removesuffix("index").strip("/")
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
    pages = {f"{page.name}.md" for page in SHEET.pages}
    assert not set(moved) & pages
    assert set(moved.values()) <= pages, "an anchor would spoil the reader's own"


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
def test_the_navigation_is_in_the_reader_s_language_and_order(language):
    links = built(language, "index").select(".md-nav--primary .md-nav__item > a.md-nav__link")
    shown = [link["href"].split("#")[0].strip("./") for link in links]
    wanted = [page.name.removesuffix("index").strip("/") for page in SHEET.pages]
    assert [name for name in dict.fromkeys(shown) if name in wanted or not name] == wanted
    chapters = {page.chapter[language] for page in SHEET.pages if page.chapter}
    labels = {label.get_text(strip=True) for label in built(language, "index").select("label")}
    assert chapters <= labels
    assert not any(" | " in label for label in labels)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_pages_have_one_name_or_two_names_each(language):
    titles = {page.name: page.title(language) for page in SHEET.pages}
    assert len(set(titles.values())) == len(titles)
    links = built(language, "setup").select(".md-nav--primary .md-nav__item > a.md-nav__link")
    pages = [link for link in links if "#" not in link["href"]]
    shown = [link.get_text(strip=True) for link in pages]
    assert len(set(shown)) == len({link["href"] for link in pages})
    assert set(titles.values()) - {titles["index"]} <= set(shown)


@pytest.mark.parametrize("config", CONFIGS.values())
def test_a_dead_link_or_anchor_is_a_warning_and_so_an_error(config):
    validation = load_config(str(ROOT / config)).validation
    assert validation.links.anchors == validation.links.not_found == logging.WARNING
    assert validation.nav.omitted_files == logging.WARNING
    assert validation.links.unrecognized_links == logging.WARNING


def test_pages_lead_to_the_next_one(sheet):
    footer = built("en", "tensors/basics").select_one(".md-footer__link--next")
    assert footer["href"].strip("./") == "indexing"


def test_a_page_may_ask_for_a_short_table_of_contents():
    toc = built("en", "errata").select(".md-nav--secondary .md-nav__link")
    assert 0 < len(toc) < 60
