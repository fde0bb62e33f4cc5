"""Every block, and every test that runs one, gets a fresh process forked from this one.

So no seed, default dtype or warning filter reaches the next block, and torch is imported once.
"""

from __future__ import annotations

import contextlib
import datetime
import faulthandler
import os
import pickle
import platform
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key, get_timeout_config_value
from _pytest.runner import runtestprotocol

from cheatsheet import receipts
from cheatsheet.execution import execute
from cheatsheet.pages import read_pages
from cheatsheet.snippet import LANGUAGES, ROOT, SNIPPETS, localize

try:
    import torch
    import torch._dynamo  # the first optimizer imports it: once here, not in every fork
except ImportError:
    pytest.exit("torch is not installed here: run the tests with `nox -s test`", returncode=4)
if not hasattr(os, "fork"):
    pytest.exit("the tests fork a process per block: run them on Linux or WSL", returncode=4)

EXPANDED = ROOT / "build" / "expanded"
PROPERTIES = ROOT / "tests" / "snippets"
PER_SNIPPET = (ROOT / "tests" / "test_scripts.py", ROOT / "tests" / "test_placement.py")

ran_key = pytest.StashKey[set]()
outcomes_key = pytest.StashKey[dict]()


def pytest_addoption(parser):
    parser.addoption(
        "--only",
        action="append",
        default=[],
        metavar="PAGE",
        help="only what runs this page or snippet, such as tensors/memory/copy_tensor",
    )
    parser.addoption("--record", choices=receipts.DEVICES, help="write the receipts of this device")


def pytest_configure(config):
    torch.manual_seed(0)  # layers that a module of tests makes when it is imported
    config.stash[ran_key] = set()
    config.stash[outcomes_key] = {}


def subject(item: pytest.Item) -> str | None:
    """Return `page/snippet` for an item that runs a block, None for one that runs none."""
    if block := displayed(item):
        return shown_by_code().get(block, item.path.relative_to(EXPANDED / block[0]).stem)
    if item.path.is_relative_to(PROPERTIES):
        folder = item.path.parent.relative_to(PROPERTIES)
        return (folder / item.path.stem.removeprefix("test_") / item.name[5:]).as_posix()
    if item.path in PER_SNIPPET and "snippet" in getattr(item, "fixturenames", ()):
        return item.callspec.params["snippet"]
    return None


def displayed(item: pytest.Item) -> tuple[str, str, str] | None:
    """Return language, page and code of a displayed block, None for any other item."""
    if not item.path.is_relative_to(EXPANDED):
        return None
    language, _, page = item.path.relative_to(EXPANDED).as_posix().partition("/")
    return language, page, item.obj.code


def shown_by_code() -> dict[tuple[str, str, str], str]:
    """Map language, page and code of every displayed block to its snippet, without suffix."""
    if not _shown:
        for language in LANGUAGES:
            for name, page in read_pages(language).items():
                for include in (i for s in page.sections for _, i in s.includes):
                    path = SNIPPETS / include
                    code = localize(path, path.read_text(encoding="utf-8"), language)
                    _shown[language, name, code] = include.rpartition(".")[0]
    return _shown


_shown: dict[tuple[str, str, str], str] = {}


def order(item: pytest.Item) -> tuple[bool, bool]:
    forked = subject(item) is not None or "fresh_process" in item.keywords
    return not forked, "after_the_blocks" in item.keywords


def pytest_collection_modifyitems(config, items):
    """Blocks first, while this process has no thread; what judges the whole run, last."""
    items.sort(key=order)
    words = [w.removeprefix("snippets/").removesuffix(".py").strip("/") for w in config.option.only]
    if not words:
        return
    names = {item: subject(item) for item in items}
    for word in words:
        if not any((name or "").startswith(word) for name in names.values()):
            raise pytest.UsageError(f"no page or snippet starts with {word!r}")
    kept = [i for i in items if any((names[i] or "").startswith(w) for w in words)]
    config.hook.pytest_deselected(items=[i for i in items if i not in kept])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if subject(item) is None and "fresh_process" not in item.keywords:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = reports_from_child(item)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    passed = all(r.passed for r in reports) and any(r.when == "call" for r in reports)
    if displayed(item) and passed:
        item.config.stash[ran_key].add(displayed(item))
    if block := snippet_of(item):
        kind = "placement" if item.path == PER_SNIPPET[1] else "run"
        seconds = sum(r.duration for r in reports)
        item.config.stash[outcomes_key].setdefault(block, []).append((kind, passed, seconds))
    return True


def snippet_of(item: pytest.Item) -> str | None:
    """Return the snippet that an item runs as displayed or as a script, with its suffix."""
    if displayed(item) or item.path in PER_SNIPPET:
        found = list(SNIPPETS.glob(f"{subject(item)}.*")) if subject(item) else []
        return found[0].relative_to(SNIPPETS).as_posix() if found else None
    return None


def pytest_sessionfinish(session):
    device = session.config.option.record
    if not device:
        return
    name = device
    if device == "cuda":
        name = torch.cuda.get_device_name()
    fresh = {}
    for block, outcomes in session.config.stash[outcomes_key].items():
        runs = [(passed, seconds) for kind, passed, seconds in outcomes if kind == "run"]
        if len(runs) < len(LANGUAGES) + block.endswith(".py"):
            continue  # a narrowed run did not see all of it
        fresh[block] = {
            "block": receipts.fingerprint(SNIPPETS / block),
            "date": datetime.date.today().isoformat(),
            "device": name,
            "outcome": "passed" if all(passed for passed, _ in runs) else "failed",
            "placement": ("placement", True) in {(kind, passed) for kind, passed, _ in outcomes},
            "python": platform.python_version(),
            "rules": receipts.rules(),
            "seconds": round(max(seconds for _, seconds in runs), 2),
            "torch": torch.__version__.partition("+")[0],
        }
    changed = receipts.record(device, fresh)
    print(f"\n{len(fresh)} receipts for {name}, {changed} of them new")


def reports_from_child(item: pytest.Item) -> list[pytest.TestReport]:
    """Run one item in a forked process, in an empty folder, and return its reports."""
    hook = item.config.hook
    seconds = get_timeout_config_value(item.config)
    faulthandler.cancel_dump_traceback_later()  # a fork waits for it forever
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory() as folder:
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            end_after(seconds, item)
            if torch.cuda._is_in_bad_fork():
                item.runtest = lambda: pytest.fail("a test module asked for CUDA when imported")
            os.chdir(folder)
            # A property holds for one seed, again and again; a block must run for any.
            torch.seed()
            if item.path.is_relative_to(PROPERTIES):
                torch.manual_seed(0)
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            reports = runtestprotocol(item, log=False, nextitem=None)
            with os.fdopen(writer, "wb") as pipe, contextlib.suppress(BrokenPipeError):
                pickle.dump(
                    [
                        hook.pytest_report_to_serializable(config=item.config, report=r)
                        for r in reports
                    ],
                    pipe,
                )
            os._exit(0)
        end_after(seconds + 30, item)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            data = pipe.read()
        status = os.waitpid(pid, 0)[1]
    if data:
        return [
            hook.pytest_report_from_serializable(config=item.config, data=d)
            for d in pickle.loads(data)
        ]
    words = f"the process ended without a report (exit code {os.waitstatus_to_exitcode(status)})"
    return [pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")]


def end_after(seconds: float, item: pytest.Item) -> None:
    """End this process with a traceback of every thread, unless the item ends before."""
    if seconds:
        stderr = item.config.stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(seconds, file=stderr, exit=True)


def pytest_terminal_summary(terminalreporter):
    words = {
        "ran": "CUDA: ran before this, see above",
        "not run": "CUDA: not run, this machine has no CUDA device",
        "not asked for": "CUDA: not run, --device cpu was asked for",
    }
    if said := words.get(os.environ.get("CHEATSHEET_CUDA", "")):
        terminalreporter.write_line(said)


@pytest.fixture
def run():
    """Run a snippet, given by its path below `snippets/`, and return its names."""

    def run_snippet(path: str) -> dict:
        return execute(SNIPPETS / path).names

    return run_snippet


@pytest.fixture
def without_gpu():
    """Skip where there is a GPU. A mark would ask when imported, and spoil CUDA for every fork."""
    if torch.accelerator.is_available():
        pytest.skip("shows what happens without a GPU")


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A repository that published 2.13, verified on CUDA, then 2.14 for the CPU, then 2.15rc."""
    from scratch import published_history

    return published_history(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture(scope="session")
def ran(pytestconfig) -> set[tuple[str, str, str]]:
    """The displayed blocks that this run has executed without failure."""
    return pytestconfig.stash[ran_key]
