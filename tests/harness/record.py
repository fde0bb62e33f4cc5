"""A pytest plugin: which items run a block, `--only` some of them, and what became of them."""

from __future__ import annotations

import datetime
import os
import platform
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from cheatsheet.catalogue import Block, Sheet
from cheatsheet.expand import Expander
from cheatsheet.receipts import RULES, Receipt, Receipts, fingerprint
from harness import PAGES, ROOT
from harness.fork import PROPERTIES

SHOWN_BY_CODEBLOCKS = "en"  # tests/blocks runs what the other language shows
DISPLAYED, AS_A_FILE, PLACED = "displayed", "test_prints_what_it_shows", "test_places_its_tensors"
ON_CUDA = os.environ.get("CHEATSHEET_DEVICE") == "cuda"


class Run:
    """The catalogue that a run is about, and what it has seen of each block; a plugin itself."""

    def __init__(self, sheet: Sheet, only: list[str]):
        self.sheet = sheet
        self.only = sheet.select(only) if only else None
        self.lines = {
            (page.page.name, line): block
            for page in Expander(sheet).all()
            if page.language == SHOWN_BY_CODEBLOCKS
            for line, block in page.blocks
        }
        self.seen: dict[str, dict[str, str]] = defaultdict(dict)

    def block(self, item: pytest.Item) -> Block | None:
        """Return the block that an item runs as it is shown."""
        if item.path.is_relative_to(PAGES):
            page = item.path.relative_to(PAGES / SHOWN_BY_CODEBLOCKS).with_suffix("").as_posix()
            return self.lines[page, item.obj.lineno]
        return getattr(item, "callspec", None) and item.callspec.params.get("block")

    def wanted(self, item: pytest.Item) -> bool:
        """Whether an item is about one of the blocks asked for."""
        if block := self.block(item):
            return block in self.only
        if not item.path.is_relative_to(PROPERTIES):
            return False
        return any(self._holds(item, block) for block in self.only)

    def _holds(self, item: pytest.Item, block: Block) -> bool:
        """Whether a property test runs a block, bears its name, or holds a claim of its entry."""
        if _page_of(item.path) != block.page:
            return False
        stem = block.entry.replace("-", "_")
        claims = [mark.args[0] for mark in item.iter_markers("claim")]
        consts = str(getattr(item.function.__code__, "co_consts", ()))
        named = item.originalname.removeprefix("test_").startswith((stem, block.path.stem))
        return named or f"{block.page}#{block.entry}" in claims or block.name in consts

    def pytest_ignore_collect(self, collection_path):
        """One language of the expanded pages, and with `--only` no other page's tests."""
        if collection_path.is_dir():
            return None
        if collection_path.is_relative_to(PAGES):
            return not collection_path.is_relative_to(PAGES / SHOWN_BY_CODEBLOCKS) or None
        if self.only is not None and collection_path.is_relative_to(PROPERTIES):
            return _page_of(collection_path) not in {block.page for block in self.only} or None
        return None

    def pytest_collection_modifyitems(self, config, items):
        if self.only is None:
            return
        kept = [item for item in items if self.wanted(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item):
        report = yield
        if block := self.block(item):
            report.block = block.name
            report.way = DISPLAYED if item.path.is_relative_to(PAGES) else item.originalname
        return report

    def pytest_runtest_logreport(self, report):
        if block := getattr(report, "block", None):
            if report.failed:
                outcome = dict(report.user_properties).get("outcome", "failed")
                self.seen[block][report.way] = outcome
            elif report.when == "call" or report.skipped:
                self.seen[block].setdefault(report.way, report.outcome)

    def pytest_sessionfinish(self, session):
        if not session.config.option.record:
            return
        import torch

        release = torch.__version__.partition("+")[0]
        device = "cuda" if ON_CUDA else "cpu"
        name = torch.cuda.get_device_name() if ON_CUDA else platform.machine()
        fresh = list(self.receipts(name))
        changed = Receipts.read(self.sheet).record(device, release, fresh)
        print(f"\n{len(fresh)} receipts for torch {release} on {name}, {changed} of them new")
        for receipt in fresh:
            if receipt.outcome != "passed":
                print(f"  {receipt.outcome:8} {receipt.block}")

    def receipts(self, device: str) -> Iterator[Receipt]:
        """Yield a receipt for each block that this run has seen in every way that it is shown."""
        for block in self.sheet.blocks:
            seen = self.seen.get(block.name, {})
            outcomes = {seen.get(way, "skipped") for way in (DISPLAYED, AS_A_FILE)}
            if "skipped" in outcomes:
                continue
            yield Receipt(
                block.name,
                fingerprint(block),
                RULES,
                datetime.date.today().isoformat(),
                next((o for o in ("failed", "differs") if o in outcomes), "passed"),
                seen.get(PLACED) == "passed",
                platform.python_version(),
                device,
            )


def _page_of(path: Path) -> str:
    """Return the page that a file of property tests is about."""
    return path.relative_to(PROPERTIES).with_suffix("").as_posix().replace("test_", "")


run_key = pytest.StashKey[Run]()


def pytest_addoption(parser):
    parser.addoption(
        "--only",
        action="append",
        default=[],
        metavar="WORD",
        help="only what runs this page, entry or block, such as tensors/memory/copy_tensor",
    )
    parser.addoption("--record", action="store_true", help="write tests/receipts/")


def pytest_configure(config):
    try:
        config.stash[run_key] = Run(Sheet.read(ROOT), config.option.only)
    except LookupError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(config.stash[run_key], "blocks")


@pytest.fixture(scope="session")
def the_run(pytestconfig) -> Run:
    """The catalogue, and what this run has seen of it."""
    return pytestconfig.stash[run_key]


def pytest_terminal_summary(terminalreporter):
    words = {
        "ran": "CUDA: ran before this, see above",
        "not run": "CUDA: not run, this machine has no CUDA device",
        "not asked for": "CUDA: not run, --device cpu was asked for",
    }
    if said := words.get(os.environ.get("CHEATSHEET_CUDA", "")):
        terminalreporter.write_line(said)
