"""The other ways in: home, the sheet on one page and on paper, files for editors and programs."""

import json
import re
import shutil
import subprocess

import pytest
from bs4 import BeautifulSoup

from cheatsheet import pdf
from cheatsheet.catalogue import Sheet
from cheatsheet.lint import links
from cheatsheet.pages import errata, messages
from cheatsheet.pages.api import index as symbols
from cheatsheet.pages.api import official
from cheatsheet.pages.sheet import lines_of
from cheatsheet.snippet import CJK, LANGUAGES
from harness import ROOT
from harness.reader import PHONE, Readers, launched, served

SITE = ROOT / "build" / "site"
SHEET = Sheet.read(ROOT)
ENTRIES = [entry for page in SHEET.topics for entry in page.entries]
DESKTOP = {"viewport": {"width": 1366, "height": 768}}


def built(language, name):
    path = SITE / language / name / "index.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def address(entry):
    return f"{entry.page}/#{entry.anchor}"


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def home():
    with served(SITE) as address:
        yield address


@pytest.fixture
def visit(browser, home):
    readers = Readers(browser, home)
    yield readers.open
    readers.leave()
    assert readers.complaints == []


# Home


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_every_entry_in_two_screens_of_a_desktop(visit, language):
    reader = visit(f"{language}/", **DESKTOP)
    links = reader.page.locator(".contents a:visible")
    shown = links.evaluate_all(
        """links => links.filter(a => a.getBoundingClientRect().bottom <= 2 * innerHeight)
                         .map(a => a.href)"""
    )
    assert [e.id for e in ENTRIES if f"{reader.home}{language}/{address(e)}" not in shown] == []


@pytest.mark.parametrize("width", [1366, 1920])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_columns_of_home_end_at_one_height(visit, language, width):
    reader = visit(f"{language}/", viewport={"width": width, "height": 900})
    boxes = reader.page.locator(".contents :is(summary, a):visible").evaluate_all(
        "links => links.map(link => link.getBoundingClientRect().toJSON())"
    )
    left = {box["x"] for box in boxes}
    edges = sorted(x for x in left if not any(0 < x - other < 100 for other in left))
    ends = {edge: max(b["bottom"] for b in boxes if 0 <= b["x"] - edge < 100) for edge in edges}
    top = min(box["top"] for box in boxes)
    assert len(ends) >= 4
    assert min(ends.values()) - top >= 0.7 * (max(ends.values()) - top)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_folds_the_chapters_and_opens_one(visit, language):
    reader = visit(f"{language}/", **PHONE)
    links = reader.page.locator(".contents a:visible")
    assert links.count() == 0
    title, pages = SHEET.chapters(language)[1]
    reader.page.locator(".contents summary", has_text=title).first.tap()
    assert links.count() >= sum(len(page.entries) for page in pages)


def test_the_contents_need_no_javascript(visit):
    reader = visit("en/", java_script_enabled=False, **DESKTOP)
    assert reader.page.locator(".contents a:visible").count() >= len(ENTRIES)


# The one page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_one_page_has_the_essential_lines_of_every_entry(language):
    sections = built(language, "sheet").select(".sheet section")
    assert [s.a["href"].removeprefix("../") for s in sections] == [address(e) for e in ENTRIES]
    for section, entry in zip(sections, ENTRIES, strict=True):
        shown = section.select_one(".code").get_text()
        wanted = [line for line in lines_of(entry, language).split("\n") if line.strip()]
        assert shown.split("\n") == wanted and wanted, entry.id


def test_a_line_of_the_one_page_goes_on_deeper_than_it_begins_on_paper_too(visit):
    reader = visit("en/sheet/", **DESKTOP)
    assert reader.shallow() == []
    reader.page.set_viewport_size({"width": 718, "height": 1000})
    reader.page.emulate_media(media="print")
    assert reader.shallow() == []
    assert reader.too_wide() == []


def test_the_filter_finds_names_other_names_and_code(visit):
    reader = visit("en/sheet/")
    box, shown = (reader.page.locator(s) for s in (".filter input", ".sheet section:visible"))
    assert shown.count() == len(ENTRIES)
    for query, anchor in (
        ("gradient clip", "#gradient-clipping"),
        ("BPTT", "#long-sequences"),
        ("clip_grad_norm_", "#gradient-clipping"),
    ):
        box.fill(query)
        reader.page.locator(f".sheet section:visible a[href$='{anchor}']").wait_for()
        hrefs = shown.locator("a").evaluate_all("links => links.map(a => a.hash)")
        assert len(hrefs) < 12
        heads = reader.page.locator(".sheet h2:visible").count()
        assert 0 < heads <= len(hrefs), "a heading without entries is not shown"
    box.fill("")
    assert shown.count() == len(ENTRIES)


def test_without_javascript_the_one_page_has_no_box(visit):
    reader = visit("zh/sheet/", java_script_enabled=False)
    assert reader.page.locator("article input:visible").count() == 0
    assert reader.page.locator(".sheet section:visible").count() == len(ENTRIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_a4_short_and_whole(language):
    path = SITE / language / "sheet.pdf"
    for page in ("", "sheet"):
        assert built(language, page).select_one("a[href$='sheet.pdf']")
    assert path.read_bytes().startswith(b"%PDF")
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext here to look into it")
    info = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in info
    assert 2 <= int(re.search(r"Pages: +(\d+)", info)[1]) <= 6
    done = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True)
    text = re.sub(r"\s", "", done.stdout.decode())
    for entry in ENTRIES:
        for line in lines_of(entry, language).split("\n"):
            code = re.sub(r"\s", "", line.partition("#")[0])
            assert code in text, f"{entry.id}: {line}"


def test_without_chromium_nothing_is_printed_and_nothing_links_to_it(monkeypatch):
    from cheatsheet.expand import Expander

    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert pdf.chromium() is None
    for name in ("index", "sheet"):
        for language in LANGUAGES:
            for printed in (True, False):
                page = Expander(SHEET, pdf=printed).page(SHEET.page(name), language)
                assert ("sheet.pdf" in page.text) == printed


# The API index


def used_in(source):
    """What a reader sees used: names that an import of torch leads to, found without our code."""
    source = re.sub(r"#.*", "", source)
    known = {"torch"} | set(
        re.findall(r"^(?:from|import) (?:torch|torchvision)\b.*?(\w+)$", source, re.M)
    )
    return {m[2] for m in re.finditer(r"\b(\w+)\.(\w+)\(", source) if m[1] in known}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_api_index_names_what_every_block_calls(language):
    index = json.loads((SITE / language / "api.json").read_text(encoding="utf-8"))
    by_entry = {}
    for symbol in index:
        for entry in symbol["entries"]:
            by_entry.setdefault(entry["url"].partition(f"/{language}/")[2], set()).add(
                symbol["name"].rpartition(".")[2]
            )
    for entry in ENTRIES:
        for block in entry.blocks:
            if block.kind == "python":
                assert used_in(block.source) <= by_entry.get(address(entry), set()), block.name
    assert len({symbol["name"] for symbol in index}) == len(index) > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_api_page_says_what_the_json_says_and_stays_light(language):
    index = json.loads((SITE / language / "api.json").read_text(encoding="utf-8"))
    page = built(language, "api")
    items = page.select(".names li")
    assert len(items) == len(index)
    assert len(page.find_all(True)) <= 2500
    linked = [item.a["href"] for item in items if item.a["href"].startswith("https://")]
    assert sorted(linked) == sorted(s["official"] for s in index if s["official"])
    assert len(linked) >= 0.95 * len(index)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("torch.Tensor.view", "docs/stable/generated/torch.Tensor.view.html"),
        ("torch.Tensor.mT", "docs/stable/tensors.html#torch.Tensor.mT"),
        ("torch.float32", "docs/stable/tensor_attributes.html#torch.dtype"),
        ("torch.nn.Module.eval", "docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval"),
        (
            "torch.cuda.memory_allocated",
            "docs/stable/generated/torch.cuda.memory.memory_allocated.html",
        ),
        ("torchvision.tv_tensors.Mask", "vision/stable/generated/torchvision.tv_tensors.Mask.html"),
        ("torch.overrides.TorchFunctionMode", None),
    ],
)
def test_a_symbol_leads_to_its_official_page_or_to_none(name, place):
    found = official(name, links.known(ROOT))
    assert found == (place and f"https://docs.pytorch.org/{place}")


def test_most_official_pages_of_symbols_were_looked_up():
    """A new symbol may have one by the pattern of the others; most were seen."""
    pages = {symbol.page for symbol in symbols(SHEET) if symbol.page}
    assert len(pages - links.known(ROOT)) <= 0.05 * len(pages), sorted(pages - links.known(ROOT))


# By error message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("pasted", "anchor"),
    [
        ("mat1 and mat2 shapes cannot be multiplied", "models/build/#layer-shapes"),
        ("Expected all tensors to be on the same device", "tensors/basics/#device-transfer"),
        ("CUDA out of memory", "performance/memory/#memory-usage"),
        (
            "Index tensor must have the same number of dimensions",
            "tensors/indexing/#gather-scatter",
        ),
        ("got an unexpected keyword argument 'verbose'", "training/optimizers/#lr-schedules"),
        (
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x10 and 20x5)",
            "models/build/#layer-shapes",
        ),
        (
            "The size of tensor a (7) must match the size of tensor b (9) at non-singleton dimension 1",
            "tensors/shape/#broadcasting",
        ),
        (
            'Missing key(s) in state_dict: "fc.weight", "fc.bias".',
            "models/weights/#state-dict-surgery",
        ),
        (
            'Unexpected key(s) in state_dict: "module.fc.weight"',
            "models/weights/#state-dict-surgery",
        ),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total "
            "capacity of 23.69 GiB of which 1.12 GiB is free.",
            "performance/memory/#memory-usage",
        ),
        (
            "size mismatch for fc.weight: copying a param with shape torch.Size([1000, 512]) from "
            "checkpoint, the shape in current model is torch.Size([10, 512]).",
            "models/weights/#partial-pretrained",
        ),
        (
            "stack expects each tensor to be equal size, but got [3, 224, 224] at entry 0 and "
            "[3, 200, 224] at entry 2",
            "data/datasets/#collate-variable-length",
        ),
        ("IndexError: Target 10 is out of bounds.", "debugging/errors/#device-side-assert"),
        (
            "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Killed. DataLoader worker "
            "(pid(s) 4242) exited unexpectedly",
            "data/loading/#dataloader-speed",
        ),
    ],
)
def test_a_pasted_message_leads_to_its_cure(visit, language, pasted, anchor):
    reader = visit(f"{language}/by-error/")
    reader.page.locator(".filter input").fill(pasted)
    shown = reader.page.locator(".messages li:visible")
    assert 1 <= shown.count() <= 5
    assert shown.locator(f"a[href$='{anchor}']").count() >= 1


def test_messages_are_listed_once_with_a_cause_in_both_languages():
    found = messages.collected(SHEET)
    keys = [message.key for message in found]
    assert len(set(keys)) == len(keys) > 120
    for message in found:
        assert message.entries
        assert all(len(message.cause[language]) > 7 for language in LANGUAGES), message.text
        assert CJK.search(message.cause["zh"]) and not CJK.search(message.cause["en"])


@pytest.mark.parametrize(
    "span",
    [
        "x.view(-1)",
        "(N, D, 2H, 2W)",
        "pip install onnx onnxruntime",
        "for sample in dataset",
        "nn.Linear",
        "with torch.no_grad():",
    ],
)
def test_code_is_no_message(span):
    assert not messages.is_message(span)


def test_errors_of_the_errata_are_listed_unless_they_are_slips_of_one_line():
    rows = {row.id for row in errata.load(ROOT) if row.error and " " in row.error}
    listed = {row for message in messages.collected(SHEET) for row in message.rows}
    assert rows - listed == messages.SLIPS
    said = [message.text for message in messages.collected(SHEET)]
    assert not [text for text in said if text.startswith(("SyntaxError", "NameError"))]


# Editors, programs, language models


@pytest.mark.parametrize("language", LANGUAGES)
def test_editor_snippets_are_valid_and_give_back_the_lines(language):
    folder = SITE / language
    code = json.loads((folder / "pytorch-cheatsheet.code-snippets").read_text(encoding="utf-8"))
    plain = json.loads((folder / "snippets.json").read_text(encoding="utf-8"))
    prefixes = [snippet["prefix"] for snippet in code.values()]
    assert len(set(prefixes)) == len(prefixes) >= len(ENTRIES) - 2
    assert {e.anchor for e in ENTRIES if e.blocks[0].essential} <= set(prefixes)
    by_id = {piece["id"]: piece["code"] for piece in plain}
    for snippet in code.values():
        body = "\n".join(snippet["body"])
        assert not re.search(r"(?<!\\)(?:\\\\)*\$", body), "VS Code would make a field of it"
        assert re.sub(r"\\([\\$}])", r"\1", body) == by_id[snippet["prefix"]]


def test_a_dollar_in_a_snippet_stays_a_dollar():
    from cheatsheet.extras import escaped

    assert escaped('f"${x}" "\\n"') == 'f"\\${x\\}" "\\\\n"'


@pytest.mark.parametrize("language", LANGUAGES)
def test_llms_txt_is_an_index_and_llms_full_has_every_block(language):
    index = (SITE / language / "llms.txt").read_text(encoding="utf-8")
    assert re.match(r"# .+\n\n> .+\n\n## ", index)
    linked = re.findall(r"^- \[[^\]]+\]\((\S+)\): \S", index, re.MULTILINE)
    assert {f"{page.name}.md" for page in SHEET.topics} <= {
        link.partition(f"/{language}/")[2] for link in linked
    }
    full = (SITE / language / "llms-full.txt").read_text(encoding="utf-8")
    for entry in ENTRIES:
        assert f"/{address(entry)}>" in full
        for block in entry.blocks:
            assert f"```{block.kind}\n{block.shown(language)}```" in full
    assert "<p class=" not in full and "<!--" not in full
    inner = set(re.findall(rf"\]\(\S+?/{language}/([^)\s#]*)[^)]*\)", full))
    pages = {f"{page.name}/" for page in SHEET.pages}
    assert inner <= pages, "links inside lead to pages of the site"
    assert not re.search(r"\]\((?!https?://)", re.sub(r"(?s)```.*?```|`[^`\n]*`", "", full))


# Keys


def test_n_and_p_go_from_entry_to_entry_and_across_pages(visit):
    first, second = SHEET.topics[:2]
    reader = visit("en/", **DESKTOP)
    for entry in [*first.entries, second.entries[0]]:
        reader.page.keyboard.press("n")
        reader.arrive(f"en/{address(entry)}")
    for entry in [*reversed(first.entries)]:
        reader.page.keyboard.press("p")
        reader.arrive(f"en/{address(entry)}")


def test_a_key_that_is_typed_into_a_box_moves_nothing(visit):
    reader = visit("en/sheet/")
    box = reader.page.locator(".filter input")
    box.focus()
    reader.page.keyboard.type("np")
    assert box.input_value() == "np"
    assert reader.place == "en/sheet/"
    reader.page.keyboard.press("Control+n")
    assert reader.place == "en/sheet/"
