"""What every test may use; the plugins in `harness/` do the rest."""

import pytest

from cheatsheet.catalogue import Sheet
from harness import ROOT, SNIPPETS, execute

pytest_plugins = ["harness.fork", "harness.record"]


@pytest.fixture
def run():
    """Run a snippet, given by its path below `snippets/`, and return its names."""

    def run_snippet(path: str) -> dict:
        return execute(SNIPPETS / path).names

    return run_snippet


@pytest.fixture
def without_gpu():
    """Skip where there is a GPU. A mark would ask when imported, and spoil CUDA for every fork."""
    import torch

    if torch.accelerator.is_available():
        pytest.skip("shows what happens without a GPU")


@pytest.fixture(scope="session")
def sheet() -> Sheet:
    return Sheet.read(ROOT)


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A repository that published 2.13, verified on CUDA, then 2.14 for the CPU, then 2.15rc."""
    from harness.repository import published_history

    return published_history(tmp_path_factory.mktemp("history") / "repository")
