"""Every block, and every test that runs one, gets a fresh process forked from this one.

So no seed, default dtype or warning filter reaches the next block, and torch is imported once.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from cheatsheet.execution import execute
from cheatsheet.pages import read_pages
from cheatsheet.snippet import LANGUAGES, ROOT, SNIPPETS, localize

try:
    import torch  # noqa: F401  inherited by every fork
except ImportError:
    pytest.exit("torch is not installed here: run the tests with `nox -s test`", returncode=4)
if not hasattr(os, "fork"):
    pytest.exit("the tests fork a process per block: run them on Linux, macOS or WSL", returncode=4)

EXPANDED = ROOT / "build" / "expanded"
PROPERTIES = ROOT / "tests" / "snippets"
SCRIPTS = ROOT / "tests" / "test_scripts.py"

ran_key = pytest.StashKey[set]()


def pytest_addoption(parser):
    parser.addoption(
        "--only",
        action="append",
        default=[],
        metavar="PAGE",
        help="only what runs this page or snippet, such as tensors/memory/copy_tensor",
    )


def pytest_configure(config):
    config.stash[ran_key] = set()


def subject(item: pytest.Item) -> str | None:
    """Return `page/snippet` for an item that runs a block, None for one that runs none."""
    if block := displayed(item):
        return shown_by_code().get(block, item.path.relative_to(EXPANDED / block[0]).stem)
    if item.path.is_relative_to(PROPERTIES):
        folder = item.path.parent.relative_to(PROPERTIES)
        return (folder / item.path.stem.removeprefix("test_") / item.name[5:]).as_posix()
    if item.path == SCRIPTS:
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
    if displayed(item) and any(r.when == "call" and r.passed for r in reports):
        item.config.stash[ran_key].add(displayed(item))
    return True


def reports_from_child(item: pytest.Item) -> list[pytest.TestReport]:
    """Run one item in a forked process, in an empty folder, and return its reports."""
    hook = item.config.hook
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory() as folder:
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            os.chdir(folder)
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
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            data = pipe.read()
        status = os.waitpid(pid, 0)[1]
    if data:
        return [
            hook.pytest_report_from_serializable(config=item.config, data=d)
            for d in pickle.loads(data)
        ]
    words = f"the process ended without a report: {os.waitstatus_to_exitcode(status)}"
    return [pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")]


def pytest_terminal_summary(terminalreporter):
    cuda = os.environ.get("CHEATSHEET_CUDA")
    if cuda == "not run":
        terminalreporter.write_line("CUDA: not run, this machine has no CUDA device")
    elif cuda:
        terminalreporter.write_line("CUDA: ran before this, see above")


@pytest.fixture
def run():
    """Run a snippet, given by its path below `snippets/`, and return its names."""

    def run_snippet(path: str) -> dict:
        return execute(SNIPPETS / path).names

    return run_snippet


@pytest.fixture(scope="session")
def ran(pytestconfig) -> set[tuple[str, str, str]]:
    """The displayed blocks that this run has executed without failure."""
    return pytestconfig.stash[ran_key]
