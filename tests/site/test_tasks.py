"""Five things that readers come for, from home, in counted keys and clicks.

A query counts by its letters, or as one where it is pasted. `pytest -s` prints the counts.
"""

import time

import pytest

from harness import ROOT
from harness.reader import HIT, PHONE, Readers, launched, served

MESSAGE = (
    "RuntimeError: Expected all tensors to be on the same device, "
    "but found at least two devices, cuda:0 and cpu!"
)


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def home():
    with served(ROOT / "build" / "site") as address:
        yield address


@pytest.fixture
def visit(browser, home):
    readers = Readers(browser, home, permissions=["clipboard-read", "clipboard-write"])
    yield readers.open
    readers.leave()
    assert readers.complaints == []


class Hand:
    """What a reader does with keyboard, mouse, or finger, counted."""

    def __init__(self, reader):
        self.reader, self.keys, self.clicks, self.start = reader, 0, 0, time.perf_counter()

    def ask(self, query, pasted=False):
        """Open the search by its key, ask, and open the first result."""
        self.reader.search(query)
        self.keys += 2 + (1 if pasted else len(query))
        with self.reader.page.expect_navigation():
            self.reader.press("Enter")

    def copy(self, word):
        """Copy the essential lines of the first block that has a word."""
        number = next(n for n, code in enumerate(self.reader.blocks) if word in code)
        self.clicks += 1
        return self.reader.copy_essential(number)

    def tap(self, locator):
        self.clicks += 1
        locator.tap()

    def report(self, task):
        took = time.perf_counter() - self.start
        print(f"{task}: {self.keys} keys, {self.clicks} clicks, {took:.1f} s of the machine")
        return self.keys, self.clicks


def test_how_do_i_clip_gradients(visit):
    hand = Hand(visit("en/"))
    hand.ask("clip grad")
    hand.reader.arrive("en/training/loop/#gradient-clipping")
    assert "clip_grad_norm_(model.parameters()" in hand.copy("clip_grad_norm_(")
    assert hand.report("clip gradients") == (11, 1)


def test_what_does_this_message_mean(visit):
    hand = Hand(visit("en/"))
    hand.ask(MESSAGE, pasted=True)
    hand.reader.arrive("en/tensors/basics/#device-transfer")
    assert "Expected all tensors to be on the same device" in hand.reader.text
    assert hand.report("message") == (3, 0)


def test_which_line_loads_a_checkpoint_on_a_cpu(visit):
    hand = Hand(visit("en/"))
    hand.ask("load checkpoint cpu")
    hand.reader.arrive("en/training/checkpoints/#checkpoint")
    assert 'map_location="cpu"' in hand.copy("map_location")
    assert hand.report("checkpoint on a CPU") == (21, 1)


def test_freezing_layers_on_a_phone(visit):
    hand = Hand(visit("zh/", **PHONE))
    hand.tap(hand.reader.page.locator("main [data-search-open]"))
    hand.reader.search("冻结层")
    hand.keys += len("冻结层")
    with hand.reader.page.expect_navigation():
        hand.tap(hand.reader.page.locator(HIT).first)
    hand.reader.arrive("zh/models/weights/#fine-tune")
    assert "requires_grad_(False)" in hand.copy("requires_grad_(False)")
    assert hand.report("冻结层") == (3, 3)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_click_on_home_gives_the_sheet_to_print(visit, language):
    page = visit(f"{language}/").page
    link = page.locator("a[href$='sheet.pdf']").first
    assert link.is_visible()
    answer = page.request.get(link.evaluate("link => link.href"))
    assert answer.body().startswith(b"%PDF")
