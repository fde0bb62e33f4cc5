"""What a reader does: search, switch language, copy a block, run it; on a phone, in the dark."""

import contextlib
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import TimeoutError as NothingShown

from browser import chromium, error_of, launched, served
from cheatsheet.pages import read_pages
from cheatsheet.snippet import LANGUAGES, ROOT

PHONE = {"width": 390, "height": 844}
PAGES = [
    (la, n.removesuffix(".md").removesuffix("index")) for la in LANGUAGES for n in read_pages(la)
]
QUERIES = yaml.safe_load((ROOT / "tests" / "queries.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    with served(ROOT / "build" / "site") as address:
        yield address


@pytest.fixture
def open_page(browser, address):
    """Open a path of the site; at the end, no console error and no foreign request is left."""
    complaints, contexts = [], []

    def watch(request):
        if not request.url.startswith((address, "data:", "blob:")):
            complaints.append(f"foreign request {request.url}")

    def open_(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and complaints.append(error_of(m)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", watch)
        page.goto(address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def at(page):
    url = urlsplit(page.url)
    return f"{url.path}#{url.fragment}" if url.fragment else url.path


def test_no_browser_says_how_to_install_one(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium()


@pytest.mark.parametrize(("locale", "home"), [("zh-CN", "/zh/"), ("en-GB", "/en/"), ("fr", "/zh/")])
def test_the_root_sends_a_reader_to_their_language(open_page, locale, home):
    page = open_page("/", locale=locale)
    page.wait_for_url(f"**{home}")
    page.wait_for_selector("h1")


def test_the_root_works_without_javascript(open_page):
    page = open_page("/", java_script_enabled=False)
    page.wait_for_url("**/zh/")


@pytest.mark.parametrize(("here", "there"), [("zh", "en"), ("en", "zh")])
def test_the_language_switch_keeps_page_and_anchor(open_page, here, there):
    page = open_page(f"/{here}/tensors/memory/#copy-tensor")
    page.locator(".md-header .md-select button").hover()
    page.locator(f".md-header .md-select a[hreflang={there}]").click()
    page.wait_for_url(f"**/{there}/tensors/memory/#copy-tensor")
    assert page.locator("html").get_attribute("lang") == there


COPIED = ["setup", "tensors/basics", "tensors/memory"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COPIED)
def test_a_copied_block_is_the_block_and_runs(open_page, language, name):
    page = open_page(f"/{language}/{name}/", permissions=["clipboard-read", "clipboard-write"])
    block = page.locator(".language-python").last
    block.hover()
    block.locator("button.md-code__button").first.click()
    page.wait_for_timeout(200)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("code").inner_text().strip()
    done = subprocess.run([sys.executable, "-"], input=copied, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    shown = [x.strip()[3:] for x in copied.splitlines() if x.strip().startswith("#> ")]
    assert sorted(done.stdout.split()) == sorted(" ".join(shown).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_download_is_the_file_as_the_page_shows_it(open_page, language):
    page = open_page(f"/{language}/tensors/basics/", accept_downloads=True)
    with page.expect_download() as waiting:
        page.locator(".snippet a[download]").first.click()
    code = page.locator(".language-python code").first.inner_text()
    assert waiting.value.suggested_filename == "create_tensor.py"
    assert waiting.value.path().read_text(encoding="utf-8").strip() == code.strip()


def test_every_block_has_a_copy_button(open_page):
    page = open_page("/en/tensors/basics/")
    page.wait_for_selector("button.md-code__button")
    blocks = page.locator("article .highlight").count()
    assert (
        page.locator("article button.md-code__button[data-clipboard-target]").count() == blocks > 5
    )


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_phone_never_scrolls_sideways(open_page, language, name):
    page = open_page(f"/{language}/{name}", viewport=PHONE, is_mobile=True, has_touch=True)
    wide = page.evaluate(
        """[document.documentElement, ...document.querySelectorAll('article pre > code')]
           .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 60))"""
    )
    assert wide == []


@pytest.mark.parametrize(("scheme", "palette"), [("light", "default"), ("dark", "slate")])
def test_the_page_follows_the_reader_s_colour_scheme(open_page, scheme, palette):
    page = open_page("/zh/setup/", color_scheme=scheme)
    assert page.locator("body").get_attribute("data-md-color-scheme") == palette


def test_the_colour_scheme_can_be_chosen(open_page):
    page = open_page("/en/setup/", color_scheme="dark")
    page.locator("label[title='Switch to light mode']").click()
    assert page.locator("body").get_attribute("data-md-color-scheme") == "default"
    page.reload()
    assert page.locator("body").get_attribute("data-md-color-scheme") == "default"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_query_finds_its_entry_first(open_page, language):
    """The first entry under the first page that the search offers is the one that was meant."""
    page = open_page(f"/{language}/")
    field = page.locator(".md-search__input")
    missed = {}
    for query, entry in QUERIES[language].items():
        field.fill("")
        field.dispatch_event("keyup")
        page.wait_for_function("!document.querySelector('.md-search-result__item')")
        field.fill(query)
        field.dispatch_event("keyup")
        with contextlib.suppress(NothingShown):
            page.wait_for_selector(".md-search-result__item", timeout=10_000)
        hits = page.locator(".md-search-result__item a.md-search-result__link")
        found = [urlsplit(h.get_attribute("href")) for h in hits.all()[:4]]
        first = next((f"{u.path}#{u.fragment}" for u in found if u.fragment), "nothing")
        if first != f"/{language}/{entry.replace('#', '/#')}":
            missed[query] = first
    assert missed == {}, f"{len(missed)} of {len(QUERIES[language])} queries"
