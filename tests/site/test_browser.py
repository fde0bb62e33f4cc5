"""What a reader does: switch language, copy a block; on a phone, in the dark."""

import pytest

from cheatsheet.catalogue import Sheet
from cheatsheet.snippet import LANGUAGES, localize
from harness import ROOT
from harness.reader import PHONE, Readers, chromium, launched, served

SHEET = Sheet.read(ROOT)
PAGES = [(language, page.name) for language in LANGUAGES for page in SHEET.pages]
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
def test_the_essential_lines_are_copied_alone(visit, language):
    block = next(block for block in SHEET.blocks if len(block.essential) > 1)
    code = localize(block.path, "\n".join(block.essential) + "\n", language)
    reader = visit(f"{language}/{block.page}/", **CLIPBOARD)
    assert reader.copy_essential(blocks_of(block.page).index(block)) == code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_download_is_the_file_as_the_page_shows_it(visit, language):
    block = SHEET.block("tensors/basics/create_tensor.py")
    name, text = visit(f"{language}/tensors/basics/").download(0)
    assert (name, text) == (block.path.name, block.shown(language))


def test_every_block_has_a_copy_button(visit):
    reader = visit("en/tensors/basics/")
    assert reader.copyable == len(reader.blocks) == len(blocks_of("tensors/basics")) > 5


@pytest.fixture(scope="module")
def on_a_phone(browser, address):
    """One reader for all pages, so that each page is opened and nothing else."""
    readers = Readers(browser, address, **PHONE)
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_reader_s_colour_scheme(visit, scheme):
    assert visit("zh/setup/", color_scheme=scheme).scheme == scheme


def test_the_colour_scheme_can_be_chosen(visit):
    reader = visit("en/setup/", color_scheme="dark")
    reader.choose_light()
    assert reader.scheme == "light"
    reader.reload()
    assert reader.scheme == "light"
