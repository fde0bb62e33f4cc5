"""A pytest plugin: each test that runs a block gets a fresh process, forked from this one.

So no seed, default dtype or warning filter reaches the next test, and torch is imported once.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key, get_timeout_config_value
from _pytest.runner import runtestprotocol

from harness import PAGES, ROOT, in_child

PROPERTIES = ROOT / "tests" / "snippets"
FORKED = (PROPERTIES, ROOT / "tests" / "blocks", PAGES)


def is_forked(item: pytest.Item) -> bool:
    below = any(item.path.is_relative_to(folder) for folder in FORKED)
    return "here" not in item.keywords and (below or "fresh_process" in item.keywords)


def pytest_collection_modifyitems(items):
    """Blocks first, while this process has no thread; what judges the whole run, last."""
    items.sort(key=lambda item: (not is_forked(item), "after_the_blocks" in item.keywords))


def pytest_collection_finish(session):
    if not any(is_forked(item) for item in session.items):
        return
    if not hasattr(os, "fork"):
        pytest.exit("the tests fork a process per block: run them on Linux or WSL", returncode=4)
    import gc

    gc.freeze()  # the collector would write to every page that the forks share


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if not is_forked(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports_from_child(item):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def reports_from_child(item: pytest.Item) -> list[pytest.TestReport]:
    """Run one item in a forked process, in an empty folder, and return its reports."""
    config = item.config
    with tempfile.TemporaryDirectory() as folder:
        try:
            data = in_child(
                *(run_item, item, folder),
                seconds=get_timeout_config_value(config),
                stderr=config.stash[fault_handler_stderr_fd_key],
            )
        except RuntimeError as error:
            return [pytest.TestReport(item.nodeid, item.location, {}, "failed", str(error), "call")]
    load = config.hook.pytest_report_from_serializable
    return [load(config=config, data=report) for report in data]


def run_item(item: pytest.Item, folder: str) -> list[dict]:
    torch = sys.modules.get("torch")
    if torch:
        if torch.cuda._is_in_bad_fork():
            item.runtest = lambda: pytest.fail("a test module asked for CUDA when imported")
        # A property holds for one seed, again and again; a block must run for any.
        torch.seed()
        if item.path.is_relative_to(PROPERTIES):
            torch.manual_seed(0)
    os.chdir(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    save = item.config.hook.pytest_report_to_serializable
    reports = runtestprotocol(item, log=False, nextitem=None)
    return [save(config=item.config, report=report) for report in reports]
