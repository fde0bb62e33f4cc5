"""What a reader does on the published tree, served under the paths that it has on its host."""

import io
import json
import re
import subprocess
import zipfile
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from cheatsheet.publish import preview
from cheatsheet.snippet import LANGUAGES
from harness.reader import PHONE, Readers, launched
from harness.repository import SUB_PATH, cheat_sheet

OTHER = {"zh": "en", "en": "zh"}
# The small pages fit: where a page scrolls a little, Material takes the last entry off the address.
TALL = {"width": 1280, "height": 1600}


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
    """Open a place of the published site; at the end, nothing foreign was asked for."""
    readers = Readers(browser, address, viewport=TALL)
    yield readers.open
    readers.leave()
    assert readers.complaints == []


# Moving around


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", ["tensors/memory/#copy-tensor", "tensors/memory/", ""])
def test_version_and_language_in_any_order_keep_page_and_entry(visit, language, place):
    reader = visit(f"{language}/2.13/{place}")
    asked = []
    reader.page.on("request", lambda request: asked.append(request.url))
    other = OTHER[language]
    steps = [
        (reader.choose_version, "2.14", f"{language}/2.14/"),
        (reader.switch_language, other, f"{other}/2.14/"),
        (reader.choose_version, "2.13", f"{other}/2.13/"),
        (reader.switch_language, language, f"{language}/2.13/"),
        (reader.choose_version, "2.15rc", f"{language}/2.15rc/"),
    ]
    for choose, choice, there in steps:
        choose(choice)
        reader.arrive(there + place)
        assert reader.language == there[:2]
        assert not reader.has_note
    assert not any(url.endswith("sitemap.xml") for url in asked), "Material went its own way"


def test_in_the_latest_the_language_switch_stays_in_the_latest(visit):
    reader = visit("zh/latest/tensors/memory/#copy-tensor")
    reader.switch_language("en")
    reader.arrive("en/latest/tensors/memory/#copy-tensor")
    assert reader.version == "2.14latest"


def test_a_click_with_ctrl_opens_the_same_place_in_a_new_tab(visit):
    reader = visit("zh/2.13/tensors/memory/#copy-tensor")
    reader.in_new_tab(reader.choose_version, "2.14").arrive("zh/2.14/tensors/memory/#copy-tensor")
    reader.in_new_tab(reader.switch_language, "en").arrive("en/2.13/tensors/memory/#copy-tensor")
    assert reader.place == "zh/2.13/tensors/memory/#copy-tensor"


def test_the_keyboard_keeps_the_place_too(visit):
    reader = visit("zh/2.13/tensors/memory/#copy-tensor")
    reader.choose_version_by_keys("2.14")
    reader.arrive("zh/2.14/tensors/memory/#copy-tensor")


def test_without_javascript_the_language_switch_keeps_the_page(visit):
    reader = visit("zh/2.13/tensors/memory/", java_script_enabled=False)
    reader.switch_language("en")
    reader.arrive("en/2.13/tensors/memory/")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "2.14 版的这一页没有条目 #old-entry。"),
        ("en", "Version 2.14 has no entry #old-entry on this page."),
    ],
)
def test_an_entry_that_is_not_there_leads_to_its_page_with_a_word(visit, language, text):
    reader = visit(f"{language}/2.13/tensors/memory/#old-entry")
    reader.choose_version("2.14")
    reader.arrive(f"{language}/2.14/tensors/memory/#old-entry")
    assert reader.note == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "2.14 版没有 tensors/old 这一页，这里是离它最近的上级页面。"),
        ("en", "Version 2.14 has no page tensors/old. This is the nearest page above it."),
    ],
)
def test_a_page_that_is_not_there_leads_to_its_parent_with_a_word(visit, language, text):
    reader = visit(f"{language}/2.13/tensors/old/#gone", lost=True)
    reader.choose_version("2.14")
    reader.arrive(f"{language}/2.14/")
    assert reader.note == text
    reader.reload()
    assert not reader.has_note, "it is said once"


def test_a_moved_page_is_followed_to_its_new_place(visit):
    reader = visit("zh/2.13/moved-later/#first")
    reader.choose_version("2.14")
    reader.arrive("zh/2.14/moved/#first")
    assert not reader.has_note


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
def test_a_bookmark_of_what_is_gone_leads_to_the_nearest_page(visit, bookmark, there, text):
    reader = visit(bookmark, lost=True)
    reader.arrive(there)
    assert text in reader.note


def test_an_address_with_markup_is_shown_as_text(visit):
    reader = visit("en/2.14/#<img src=x onerror=alert(1)>")
    assert "<img" in reader.note
    assert reader.markup_in_note == 0


def test_what_is_nowhere_gets_a_404_page_in_both_languages(visit):
    reader = visit("nowhere/", lost=True)
    assert "没有这个页面" in reader.text
    assert "This page does not exist" in reader.text
    reader.follow("/en/")
    reader.arrive("en/latest/")


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "没有这个页面"), ("en", "This page does not exist")]
)
def test_each_version_has_a_404_page_in_its_language(visit, language, title):
    reader = visit("zh/2.14/")
    assert reader.loads(f"{language}/2.14/404.html") == 1, "it is not looked for where it is"
    assert title in reader.text
    assert reader.language == language


def answer(reader, place, page, **status):
    """Let the host serve `page` at a place, with a status for each method."""
    body = reader.page.request.get(reader.home + page).body()
    reader.page.route(
        reader.home + place,
        lambda route: route.fulfill(
            status=status[route.request.method], body=body, content_type="text/html"
        ),
    )


def test_a_page_that_is_lost_although_the_host_says_it_exists_stays(visit):
    reader = visit("zh/2.14/", lost=True)
    answer(reader, "zh/2.14/odd/", "nowhere/", HEAD=200, GET=404)
    assert reader.loads("zh/2.14/odd/") == 1
    assert "没有这个页面" in reader.text


def test_a_host_that_serves_the_nearest_404_page_finds_the_way_too(visit):
    reader = visit("zh/2.14/", lost=True)
    answer(reader, "zh/2.14/tensors/old/", "zh/2.14/404.html", HEAD=404, GET=404)
    reader.open("zh/2.14/tensors/old/")
    reader.arrive("zh/2.14/")
    assert "2.14 版没有 tensors/old 这一页" in reader.note


# Where a reader comes in


@pytest.mark.parametrize(("locale", "home"), [("zh-CN", "zh"), ("en-GB", "en"), ("fr", "zh")])
def test_the_root_leads_to_the_latest_in_the_reader_s_language(visit, locale, home):
    visit("", locale=locale).arrive(f"{home}/latest/")


def test_a_chosen_language_is_remembered(visit):
    reader = visit("zh/2.14/", locale="zh-CN")
    reader.switch_language("en")
    reader.arrive("en/2.14/")
    reader.open("")
    reader.arrive("en/latest/")


def test_the_root_works_without_javascript(visit):
    visit("", java_script_enabled=False).arrive("zh/latest/")


def test_an_old_version_says_so_and_links_to_the_same_page_of_the_latest(visit):
    reader = visit("en/2.13/tensors/memory/")
    assert reader.is_outdated
    assert "This is not the latest version." in reader.text
    reader.follow_outdated()
    reader.arrive("en/latest/tensors/memory/")


@pytest.mark.parametrize("version", ["2.14", "latest", "2.15rc"])
def test_neither_the_latest_nor_a_pre_release_is_called_outdated(visit, version):
    assert not visit(f"zh/{version}/tensors/memory/").is_outdated


def test_no_empty_bar_stands_where_nothing_is_to_be_said(visit):
    assert visit("zh/2.13/").notices == []
    assert len(visit("zh/2.14/").notices) == 1


def test_a_phone_shows_title_version_and_no_scroll(visit):
    reader = visit("zh/2.14/tensors/memory/", **PHONE)
    assert reader.version == "2.14"
    assert reader.too_wide() == []


# The whole tree


def links(text):
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
        for link in links(scratch.read(path)):
            url = urldefrag(urljoin(home + path.removesuffix("index.html"), link)).url
            if not url.startswith(home) and urlsplit(url).netloc != urlsplit(home).netloc:
                continue
            target = url.removeprefix(home)
            if target not in files and f"{target}index.html".lstrip("/") not in files:
                broken.add((path, link))
    return broken


def test_every_link_within_the_site_leads_somewhere(history):
    assert broken_links(history, SUB_PATH) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_to_a_page_shows_the_card_of_that_page_in_that_version(history, language):
    for version in ("2.13", "2.15rc"):
        pages = [f for f in history.files() if re.match(rf"{language}/{version}/.*index.html", f)]
        cards = {}
        for page in pages:
            html = BeautifulSoup(history.read(page), "html.parser")
            if named := html.select_one("meta[property='og:image']"):
                cards[page] = named["content"]
        assert len(set(cards.values())) == len(cards) >= 4
        for address in cards.values():
            show = ["git", "show", f"gh-pages:{address.removeprefix(SUB_PATH)}"]
            data = subprocess.run(show, cwd=history.folder, check=True, capture_output=True).stdout
            assert Image.open(io.BytesIO(data)).size == (1200, 630)
            assert len(data) <= 40_000


def test_the_root_of_a_domain_works_like_a_sub_path(tmp_path, browser):
    home = "https://cheatsheet.example.org/"
    scratch = cheat_sheet(tmp_path / "repository", home)
    scratch.exact = True
    assert scratch.publish("2.13").returncode == 0
    assert broken_links(scratch, home) == set()
    with preview.served(scratch.folder) as address:
        assert urlsplit(address).path == "/"
        readers = Readers(browser, address, viewport=TALL)
        reader = readers.open("zh/2.13/tensors/memory/#copy-tensor", lost=True)
        reader.switch_language("en")
        reader.arrive("en/2.13/tensors/memory/#copy-tensor")
        reader.open("en/2.13/tensors/nothing/")
        reader.arrive("en/2.13/")
        readers.leave()
        assert readers.complaints == []


def test_the_preview_serves_what_the_host_would(browser, address):
    page = browser.new_page()
    assert page.request.get(f"{address}zh/2.14/assets/").status == 404, "no listing of a folder"
    found = page.request.get(f"{address}zh/2.14/tensors/memory/")
    assert found.status == 200
    assert f'<link rel="canonical" href="{address}zh/latest/tensors/memory/">' in found.text()
    assert page.request.get(urljoin(address, "/")).status == 404, "the site is below its sub-path"
    page.close()


def test_without_a_published_version_the_preview_says_what_to_do(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(LookupError, match="nox -s publish"), preview.served(tmp_path):
        pass


# Offline


@pytest.fixture(scope="module")
def unpacked(history, tmp_path_factory):
    """The home page of the offline copy of 2.14 in each language."""
    homes = {}
    for language in LANGUAGES:
        name = f"pytorch-cheatsheet-{language}-2.14"
        show = ["git", "show", f"gh-pages:{language}/2.14/{name}.zip"]
        data = subprocess.run(show, cwd=history.folder, capture_output=True, check=True).stdout
        folder = tmp_path_factory.mktemp("offline")
        zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
        homes[language] = folder / name / "index.html"
    return homes


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_version_opens_its_own_notebooks_in_colab(history, visit, language):
    reader = visit(f"{language}/2.13/tensors/memory/")
    link = reader.page.locator(".take a").first.get_attribute("href")
    start = "https://colab.research.google.com/github/pytorch-cheatsheet/pytorch-cheatsheet/blob/"
    assert link.startswith(start + "gh-pages/")
    file = link.removeprefix(start).replace("gh-pages/", "gh-pages:", 1)
    assert file == f"gh-pages:{language}/2.13/tensors/memory.ipynb"
    show = ["git", "show", file]
    made = subprocess.run(show, cwd=history.folder, check=True, capture_output=True).stdout
    assert json.loads(made)["cells"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_downloaded_version_holds_its_notebooks(visit, unpacked, language):
    page = unpacked[language].parent / "tensors" / "memory.html"
    reader = visit(page.as_uri())
    links = reader.page.locator(".take a").evaluate_all("links => links.map(a => a.href)")
    assert links == [page.with_suffix(s).as_uri() for s in (".ipynb", ".md")]
    assert all(page.with_suffix(s).is_file() for s in (".ipynb", ".md"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_downloaded_version_is_searched_without_a_server(visit, unpacked, language):
    reader = visit(unpacked[language].as_uri())
    found = reader.search("copy-tensor")
    reader.open_hit(next(n for n, place in enumerate(found) if place.endswith("#copy-tensor")))
    assert re.search(r"tensors/memory\.html(\?.*)?#copy-tensor$", reader.place)
    assert "print(x)" in reader.blocks[0]


def test_a_downloaded_page_loads_all_it_needs_from_its_folder(visit, unpacked):
    home = unpacked["zh"]
    reader = visit(home.as_uri())
    reader.follow("memory.html")
    reader.page.wait_for_url("**/tensors/memory.html")
    assert "有 3 个代码块没有在 CUDA 设备上运行过" in reader.notices[0]
    reader.follow_notice()
    reader.page.wait_for_url("**/verification.html")
    for path in home.parent.rglob("*.html"):
        for link in links(path.read_text(encoding="utf-8")):
            file = urlsplit(link)
            if not file.scheme and file.path:
                assert (path.parent / file.path).resolve().exists(), (path, link)


def test_a_downloaded_page_links_to_the_other_language_online(unpacked):
    text = (unpacked["zh"].parent / "tensors/memory.html").read_text(encoding="utf-8")
    assert f'<a href="{SUB_PATH}en/2.14/tensors/memory/" hreflang="en"' in text
    assert f'<link rel="canonical" href="{SUB_PATH}zh/latest/tensors/memory/">' in text
    assert "md-version" not in text.split("<script")[0]
