"""What a reader does: switch language, copy a block; on a phone, in the dark."""

import ast

import pytest

from cheatsheet.catalogue import Sheet
from cheatsheet.snippet import CJK, LANGUAGES, localize
from harness import ROOT
from harness.reader import COPY, PHONE, Readers, chromium, launched, served

SHEET = Sheet.read(ROOT)
PAGES = [(language, page.name) for language in LANGUAGES for page in SHEET.pages]
WIDE = {"viewport": {"width": 1920, "height": 1000}}
PAPER = {"width": 718, "height": 1000}  # A4 between its margins
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def address_of(language, name):
    return f"{language}/{name.removesuffix('index')}"


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    with served(ROOT / "build" / "site") as address:
        yield address


@pytest.fixture
def visit(browser, address):
    """Open a place of the site; at the end, no console error and no foreign request is left."""
    readers = Readers(browser, address)
    yield readers.open
    readers.leave()
    assert readers.complaints == []


def test_no_browser_says_how_to_install_one(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium()


@pytest.mark.parametrize(("locale", "home"), [("zh-CN", "zh/"), ("en-GB", "en/"), ("fr", "zh/")])
def test_the_root_sends_a_reader_to_their_language(visit, locale, home):
    visit("", locale=locale).arrive(home)


def test_the_root_works_without_javascript(visit):
    visit("", java_script_enabled=False).arrive("zh/")


@pytest.mark.parametrize(("here", "there"), [("zh", "en"), ("en", "zh")])
def test_the_language_switch_keeps_page_and_anchor(visit, here, there):
    reader = visit(f"{here}/tensors/memory/#copy-tensor")
    reader.switch_language(there)
    reader.arrive(f"{there}/tensors/memory/#copy-tensor")
    assert reader.language == there


COPIED = ["setup", "tensors/basics", "tensors/memory"]


def blocks_of(name):
    return [block for entry in SHEET.page(name).entries for block in entry.blocks]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COPIED)
def test_a_copied_block_is_what_the_tests_run(visit, language, name):
    reader = visit(f"{language}/{name}/", **CLIPBOARD)
    block = blocks_of(name)[-1]
    assert reader.copy(-1).rstrip("\n") == block.shown(language).rstrip("\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", ["metrics", "warmup-cosine", "ddp", "collect-intermediate"])
def test_the_essential_lines_are_copied_alone_with_their_imports(visit, language, entry):
    block = next(e for page in SHEET.topics for e in page.entries if e.anchor == entry).blocks[0]
    lines = "\n".join([*block.imports, *block.essential])
    reader = visit(f"{language}/{block.page}/", **CLIPBOARD)
    copied = reader.copy_essential(blocks_of(block.page).index(block))
    shown = localize(block.path, lines, language)
    assert copied.split("\n") == [line for line in shown.split("\n") if line] + [""]
    ast.parse(copied)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_download_is_the_file_as_the_page_shows_it(visit, language):
    block = SHEET.block("tensors/basics/create_tensor.py")
    name, text = visit(f"{language}/tensors/basics/").download(0)
    assert (name, text) == (block.path.name, block.shown(language))


def test_every_block_has_a_copy_button(visit):
    reader = visit("en/tensors/basics/")
    assert reader.copyable == len(reader.blocks) == len(blocks_of("tensors/basics")) > 5


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, PHONE])
def test_the_copy_button_is_plain_to_see_without_pointing_at_it(visit, look):
    assert visit("en/tensors/basics/", **look).contrast(COPY) >= 4.5


@pytest.mark.parametrize(("language", "said"), [("zh", "已复制 已复制"), ("en", "Copied Copied")])
def test_the_copy_button_is_the_first_stop_of_its_block_and_says_that_it_copied(
    visit, language, said
):
    reader = visit(f"{language}/tensors/basics/", **CLIPBOARD)
    block = blocks_of("tensors/basics")[1]
    assert reader.copy_by_keys(1) == (block.shown(language), said)


def test_a_block_can_be_copied_by_hand_where_the_clipboard_is_forbidden(visit):
    reader = visit("en/tensors/basics/")
    reader.page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    button = reader.page.locator(COPY).first
    button.click()
    reader.page.wait_for_function("getSelection().toString().includes('import torch')")
    assert button.inner_text() == "Copy by hand"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_pages_are_read_and_lead_on_and_to_the_other_language(visit, language):
    reader = visit(f"{language}/tensors/basics/", java_script_enabled=False, **WIDE)
    assert blocks_of("tensors/basics")[0].source.splitlines()[0] in reader.blocks[0]
    assert reader.copyable_now == 0, "a button that does nothing is not shown"
    other = {"zh": "en", "en": "zh"}[language]
    reader.switch_language(other)
    reader.arrive(f"{other}/tensors/basics/")
    reader.follow("indexing/")
    reader.arrive(f"{other}/tensors/indexing/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wide_screen_has_room_for_code(visit, language):
    reader = visit(f"{language}/training/optimizers/", **WIDE)
    assert 95 <= reader.columns("article .highlight code") <= 110


@pytest.mark.parametrize("width", [820, 1366, 1920])
@pytest.mark.parametrize(
    "name", ["", "training/optimizers/", "errata/", "by-error/", "contributing/", "gallery/losses/"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_text_is_no_longer_than_an_eye_follows(visit, language, name, width):
    reader = visit(f"{language}/{name}", viewport={"width": width, "height": 900})
    longest = max(reader.lines(), key=len)
    assert 50 <= len(longest) <= 80, longest
    assert max(len(CJK.findall(line)) for line in reader.lines()) <= 45


@pytest.mark.parametrize("look", [WIDE, PHONE])
@pytest.mark.parametrize("name", ["", "sheet/", "api/", "by-error/", "gallery/", "tensors/memory/"])
def test_nothing_moves_while_a_page_loads(visit, name, look):
    assert visit(f"en/{name}", **look).moved() < 0.005


def test_dark_links_have_the_colour_that_is_meant_and_a_line_under_them(visit):
    reader = visit("en/training/optimizers/", color_scheme="dark")
    link = "article > p:not([class]) > a"
    style = reader.page.locator(link).first.evaluate(
        "a => [getComputedStyle(a).color, getComputedStyle(a).textDecorationLine]"
    )
    assert style == ["rgb(255, 158, 128)", "underline"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_and_shows_code_in_full(visit, scheme):
    reader = visit("en/training/optimizers/", color_scheme=scheme, viewport=PAPER)
    reader.page.emulate_media(media="print", color_scheme=scheme)
    assert reader.too_wide() == []
    assert reader.contrast("article .highlight code span:not(:empty)") >= 4.5
    assert reader.contrast("article > p:not([class])") >= 7


@pytest.fixture(scope="module")
def on_a_phone(browser, address):
    """One reader for all pages, so that each page is opened and nothing else."""
    readers = Readers(browser, address, **PHONE | {"viewport": {"width": 360, "height": 780}})
    yield readers, readers.open("zh/")
    readers.leave()


@pytest.fixture
def phone(on_a_phone):
    readers, reader = on_a_phone
    readers.complaints.clear()
    yield reader
    assert readers.complaints == []


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_phone_never_scrolls_sideways(phone, language, name):
    phone.open(address_of(language, name))
    assert phone.too_wide() == []
    assert phone.cut_off() == []
    assert phone.shallow() == [], "a line that wraps continues deeper than it begins"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_reader_s_colour_scheme(visit, scheme):
    assert visit("zh/setup/", color_scheme=scheme).scheme == scheme


def test_the_colour_scheme_can_be_chosen(visit):
    reader = visit("en/setup/", color_scheme="dark")
    reader.choose_light()
    assert reader.scheme == "light"
    reader.reload()
    assert reader.scheme == "light"
