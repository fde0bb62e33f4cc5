"""What a reader does on the published tree, served under the paths that it has on its host."""

import io
import re
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from browser import error_of, launched
from cheatsheet import preview
from cheatsheet.snippet import LANGUAGES
from scratch import cheat_sheet

OTHER = {"zh": "en", "en": "zh"}


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(history):
    with preview.served(history.folder) as address:
        assert urlsplit(address).path == "/pytorch-cheatsheet/"
        yield address


@pytest.fixture
def visit(browser, address):
    """Open a path of the published site; at the end, nothing foreign was asked for."""
    contexts, complaints = [], []

    def watch(request):
        if not request.url.startswith((address, "file:", "data:", "blob:", "about:")):
            complaints.append(f"foreign request {request.url}")

    def hear(message):
        # Plugins' pages that only redirect name no icon, and the host's is not ours.
        if message.type == "error" and urlsplit(message.location["url"]).path != "/favicon.ico":
            complaints.append(error_of(message))

    def open_(path, **options):
        lost = options.pop("lost", False)
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", watch)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: hear(message) if not lost else None)
        page.goto(path if path.startswith("file:") else address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def at(page, address):
    return page.url.removeprefix(address)


def choose_version(page, version, **options):
    page.locator(".md-version__current").hover(force=True)  # the open menu covers it
    page.locator(f".md-version__link[href*='/{version}/']").click(**options)


def choose_language(page, language, **options):
    page.locator(".md-header .md-select button").hover()
    page.locator(f".md-header .md-select__link[hreflang={language}]").click(**options)


def said(page):
    page.wait_for_selector(".place")
    return page.locator(".place").inner_text()


# Moving around


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", ["tensors/memory/#copy-tensor", "tensors/memory/", ""])
def test_version_and_language_in_any_order_keep_page_and_entry(visit, address, language, place):
    page = visit(f"{language}/2.13/{place}")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    other = OTHER[language]
    steps = [
        (choose_version, "2.14", f"{language}/2.14/"),
        (choose_language, other, f"{other}/2.14/"),
        (choose_version, "2.13", f"{other}/2.13/"),
        (choose_language, language, f"{language}/2.13/"),
        (choose_version, "2.15rc", f"{language}/2.15rc/"),
    ]
    for choose, choice, there in steps:
        choose(page, choice)
        page.wait_for_url(address + there + place)
        assert page.locator("html").get_attribute("lang") == there[:2]
        assert page.locator(".place").count() == 0
    assert not any(url.endswith("sitemap.xml") for url in asked), "Material went its own way"


def test_in_the_latest_the_language_switch_stays_in_the_latest(visit, address):
    page = visit("zh/latest/tensors/memory/#copy-tensor")
    choose_language(page, "en")
    page.wait_for_url(f"{address}en/latest/tensors/memory/#copy-tensor")
    assert page.locator(".md-version__current").inner_text() == "2.14latest"


def test_a_click_with_ctrl_opens_the_same_place_in_a_new_tab(visit, address):
    page = visit("zh/2.13/tensors/memory/#copy-tensor")
    with page.context.expect_page() as waiting:
        choose_version(page, "2.14", modifiers=["Control"])
    waiting.value.wait_for_url(f"{address}zh/2.14/tensors/memory/#copy-tensor")
    with page.context.expect_page() as waiting:
        choose_language(page, "en", modifiers=["Control"])
    waiting.value.wait_for_url(f"{address}en/2.13/tensors/memory/#copy-tensor")
    assert at(page, address) == "zh/2.13/tensors/memory/#copy-tensor"


def test_the_keyboard_keeps_the_place_too(visit, address):
    page = visit("zh/2.13/tensors/memory/#copy-tensor")
    page.locator(".md-version__current").focus()
    page.locator(".md-version__link[href*='/2.14/']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}zh/2.14/tensors/memory/#copy-tensor")


def test_without_javascript_the_language_switch_keeps_the_page(visit, address):
    page = visit("zh/2.13/tensors/memory/", java_script_enabled=False)
    page.locator(".md-header .md-select button").hover()
    page.locator(".md-header .md-select__link[hreflang=en]").click()
    page.wait_for_url(f"{address}en/2.13/tensors/memory/")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "2.14 版的这一页没有条目 #old-entry。"),
        ("en", "Version 2.14 has no entry #old-entry on this page."),
    ],
)
def test_an_entry_that_is_not_there_leads_to_its_page_with_a_word(visit, address, language, text):
    page = visit(f"{language}/2.13/tensors/memory/#old-entry")
    choose_version(page, "2.14")
    page.wait_for_url(f"{address}{language}/2.14/tensors/memory/#old-entry")
    assert said(page) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "2.14 版没有 tensors/old 这一页，这里是离它最近的上级页面。"),
        ("en", "Version 2.14 has no page tensors/old. This is the nearest page above it."),
    ],
)
def test_a_page_that_is_not_there_leads_to_its_parent_with_a_word(visit, address, language, text):
    page = visit(f"{language}/2.13/tensors/old/#gone", lost=True)
    choose_version(page, "2.14")
    page.wait_for_url(f"{address}{language}/2.14/")
    assert said(page) == text
    page.reload()
    page.wait_for_selector("h1")
    assert page.locator(".place").count() == 0, "it is said once"


def test_a_moved_page_is_followed_to_its_new_place(visit, address):
    page = visit("zh/2.13/moved-later/#first")
    choose_version(page, "2.14")
    page.wait_for_url(f"{address}zh/2.14/moved/#first")
    assert page.locator(".place").count() == 0


@pytest.mark.parametrize(
    ("bookmark", "there", "text"),
    [
        ("zh/2.14/tensors/old/#gone", "zh/2.14/", "2.14 版没有 tensors/old 这一页，"),
        ("en/latest/tensors/old/", "en/latest/", "The latest version has no page tensors/old."),
        ("zh/2.14/tensors/memory/more/", "zh/2.14/tensors/memory/", "没有 tensors/memory/more"),
        ("en/9.9/tensors/memory/#copy-tensor", "en/latest/tensors/memory/#copy-tensor",
         "There is no version 9.9. This is the latest version."),
        ("zh/9.9/", "zh/latest/", "没有 9.9 版，这里是最新版。"),
        ("zh/9.9/nowhere/", "zh/latest/", "最新版没有 nowhere 这一页，"),
    ],
)  # fmt: skip
def test_a_bookmark_of_what_is_gone_leads_to_the_nearest_page(
    visit, address, bookmark, there, text
):
    page = visit(bookmark, lost=True)
    page.wait_for_url(address + there)
    assert text in said(page)


def test_an_address_with_markup_is_shown_as_text(visit, address):
    page = visit("en/2.14/#<img src=x onerror=alert(1)>")
    assert "<img" in said(page)
    assert page.locator(".place img").count() == 0


def test_what_is_nowhere_gets_a_404_page_in_both_languages(visit, address):
    page = visit("nowhere/", lost=True)
    assert "没有这个页面" in page.inner_text("body")
    assert "This page does not exist" in page.inner_text("body")
    page.locator("a[href$='/en/']").click()
    page.wait_for_url(f"{address}en/latest/")


def opened(page, url):
    """Open a page; return what it says, and how often it was loaded until it asked for no more."""
    loads = []
    page.on("request", lambda request: request.is_navigation_request() and loads.append(request))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page.inner_text("body"), len(loads)


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "没有这个页面"), ("en", "This page does not exist")]
)
def test_each_version_has_a_404_page_in_its_language(visit, address, language, title):
    page = visit("zh/2.14/")
    text, loads = opened(page, f"{address}{language}/2.14/404.html")
    assert title in text
    assert loads == 1, "it is not looked for again where it is"
    assert page.locator("html").get_attribute("lang") == language


def test_a_page_that_is_lost_although_the_host_says_it_exists_stays(visit, address):
    page = visit("zh/2.14/", lost=True)
    body = page.request.get(f"{address}nowhere/").body()
    there = {"HEAD": 200, "GET": 404}
    page.route(
        f"{address}zh/2.14/odd/",
        lambda route: route.fulfill(
            status=there[route.request.method], body=body, content_type="text/html"
        ),
    )
    text, loads = opened(page, f"{address}zh/2.14/odd/")
    assert "没有这个页面" in text
    assert loads == 1


def test_a_host_that_serves_the_nearest_404_page_finds_the_way_too(visit, address):
    page = visit("zh/2.14/", lost=True)
    nearest = page.request.get(f"{address}zh/2.14/404.html").body()
    lost = f"{address}zh/2.14/tensors/old/"
    page.route(
        lost, lambda route: route.fulfill(status=404, body=nearest, content_type="text/html")
    )
    page.goto(lost)
    page.wait_for_url(f"{address}zh/2.14/")
    assert "2.14 版没有 tensors/old 这一页" in said(page)


# Where a reader comes in


@pytest.mark.parametrize(("locale", "home"), [("zh-CN", "zh"), ("en-GB", "en"), ("fr", "zh")])
def test_the_root_leads_to_the_latest_in_the_reader_s_language(visit, address, locale, home):
    page = visit("", locale=locale)
    page.wait_for_url(f"{address}{home}/latest/")


def test_a_chosen_language_is_remembered(visit, address):
    page = visit("zh/2.14/", locale="zh-CN")
    choose_language(page, "en")
    page.wait_for_url(f"{address}en/2.14/")
    page.goto(address)
    page.wait_for_url(f"{address}en/latest/")


def test_the_root_works_without_javascript(visit, address):
    page = visit("", java_script_enabled=False)
    page.wait_for_url(f"{address}zh/latest/")


def test_an_old_version_says_so_and_links_to_the_same_page_of_the_latest(visit, address):
    page = visit("en/2.13/tensors/memory/")
    page.wait_for_selector("text=This is not the latest version.")
    page.locator(".md-banner--warning a").click()
    page.wait_for_url(f"{address}en/latest/tensors/memory/")


@pytest.mark.parametrize("version", ["2.14", "latest", "2.15rc"])
def test_neither_the_latest_nor_a_pre_release_is_called_outdated(visit, version):
    page = visit(f"zh/{version}/tensors/memory/")
    page.wait_for_selector(".md-version")
    assert page.locator(".md-banner--warning:visible").count() == 0


def test_no_empty_bar_stands_where_nothing_is_to_be_said(visit):
    assert visit("zh/2.13/").locator("[data-md-component=announce] .md-banner").count() == 0
    assert visit("zh/2.14/").locator("[data-md-component=announce] .md-banner").count() == 1


def test_a_phone_shows_title_version_and_no_scroll(visit):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = visit("zh/2.14/tensors/memory/", **phone)
    page.wait_for_selector(".md-version")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".md-version__current").inner_text() == "2.14"


# The whole tree


def links(path, text):
    """Every address that a page names, but those of what left the latest version."""
    for tag in BeautifulSoup(text, "html.parser").select("[href], [src]"):
        if tag.name == "link" and {"canonical", "alternate"} & set(tag.get("rel", [])):
            continue
        if tag.find_parent(attrs={"data-md-component": ["outdated", "announce"]}):
            continue
        yield tag.get("href") or tag["src"]


def broken_links(scratch, home):
    files, broken = scratch.files(), set()
    for path in (f for f in files if f.endswith(".html")):
        for link in links(path, scratch.read(path)):
            url = urldefrag(urljoin(home + path.removesuffix("index.html"), link)).url
            if not url.startswith(home) and urlsplit(url).netloc != urlsplit(home).netloc:
                continue
            target = url.removeprefix(home)
            if target not in files and f"{target}index.html".lstrip("/") not in files:
                broken.add((path, link))
    return broken


def test_every_link_within_the_site_leads_somewhere(history):
    assert broken_links(history, "https://example.github.io/pytorch-cheatsheet/") == set()


def test_the_root_of_a_domain_works_like_a_sub_path(tmp_path, browser):
    home = "https://cheatsheet.example.org/"
    scratch = cheat_sheet(tmp_path / "repository", home)
    assert scratch.publish("2.13").returncode == 0
    assert broken_links(scratch, home) == set()
    with preview.served(scratch.folder) as address:
        assert urlsplit(address).path == "/"
        page = browser.new_page()
        page.goto(f"{address}zh/2.13/tensors/memory/#copy-tensor")
        choose_language(page, "en")
        page.wait_for_url(f"{address}en/2.13/tensors/memory/#copy-tensor")
        page.goto(f"{address}en/2.13/tensors/nothing/")
        page.wait_for_url(f"{address}en/2.13/")
        page.close()


def test_the_preview_serves_what_the_host_would(browser, address):
    page = browser.new_page()
    assert page.goto(f"{address}zh/2.14/assets/").status == 404, "no listing of a folder"
    assert page.goto(f"{address}zh/2.14/tensors/memory/").status == 200
    body = page.content()
    assert f'<link rel="canonical" href="{address}zh/latest/tensors/memory/">' in body
    assert page.goto(urljoin(address, "/")).status == 404, "the site is below its sub-path"
    page.close()


def test_without_a_published_version_the_preview_says_what_to_do(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(LookupError, match="nox -s publish"), preview.served(tmp_path):
        pass


# Offline


@pytest.fixture
def unpacked(history, tmp_path):
    """The offline copy of 2.14 in a language, unpacked; its home page."""

    def unpack(language):
        name = f"pytorch-cheatsheet-{language}-2.14"
        show = ["git", "show", f"gh-pages:{language}/2.14/{name}.zip"]
        data = subprocess.run(show, cwd=history.folder, capture_output=True, check=True).stdout
        zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
        return tmp_path / name / "index.html"

    return unpack


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_downloaded_version_is_searched_without_a_server(visit, unpacked, language):
    page = visit(unpacked(language).as_uri())
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially("copy-tensor")
    page.locator(".md-search-result__item a").first.wait_for()
    with page.expect_navigation():
        page.locator(".md-search-result__item a[href*='#copy-tensor']").first.click()
    assert re.search(r"tensors/memory\.html(\?.*)?#copy-tensor$", page.url)
    assert "print(x)" in page.locator("pre").first.inner_text()


def test_a_downloaded_page_loads_all_it_needs_from_its_folder(visit, unpacked):
    home = unpacked("zh")
    page = visit(home.as_uri())
    page.locator(".md-nav__link[href*='memory']").click()
    page.wait_for_url("**/tensors/memory.html")
    assert "有 3 个代码块没有在 CUDA 设备上运行过" in page.inner_text(".md-banner")
    page.locator("[data-md-component=announce] a").click()
    page.wait_for_url("**/verification.html")
    for path in home.parent.rglob("*.html"):
        for link in links(path, path.read_text(encoding="utf-8")):
            file = urlsplit(link)
            if not file.scheme and file.path:
                assert (path.parent / file.path).resolve().exists(), (path, link)


def test_a_downloaded_page_links_to_the_other_language_online(visit, unpacked):
    text = (unpacked("zh").parent / "tensors/memory.html").read_text(encoding="utf-8")
    home = "https://example.github.io/pytorch-cheatsheet/"
    assert f'<a href="{home}en/2.14/tensors/memory/" hreflang="en"' in text
    assert f'<link rel="canonical" href="{home}zh/latest/tensors/memory/">' in text
    assert "md-version" not in text.split("<script")[0]
    assert Path(unpacked("zh")).is_file()
