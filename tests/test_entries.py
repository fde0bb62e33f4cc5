"""The entries that readers have bookmarked, and the official pages that they link to."""

import importlib
import re
from functools import reduce

import pytest

from cheatsheet.pages import read_pages
from cheatsheet.snippet import LANGUAGES

# An id is a promise: it never goes. New entries need no line here.
ENTRIES = {
    "setup": "versions reproducibility device visible-devices free-memory cudnn-benchmark",
    "tensors/basics": "create-tensor dtype tensor-info default-dtype device-transfer "
    "methods-and-inplace",
    "tensors/indexing": "slicing nonzero one-hot",
    "tensors/shape": "reshape cat-stack expand contiguous named-dimensions",
    "tensors/memory": "numpy-interop item copy-tensor",
    "tensors/math": "equality matmul pairwise-distance",
    "models/inspect": "parameter-count inspect-parameters model-summary",
    "models/build": "module-list sequential collect-intermediate functional-or-module",
    "models/weights": "weight-init extract-layers partial-pretrained",
    "training/loop": "train-eval no-grad zero-grad gradient-clipping",
    "training/losses": "custom-loss class-imbalance label-smoothing cross-entropy-logits "
    "l1-regularization",
    "training/optimizers": "weight-decay current-lr lr-schedules chained-schedulers",
    "training/monitor": "tensorboard-writer experiment-tracking",
    "training/checkpoints": "checkpoint",
    "data/loading": "tabular-files dataloader-speed",
    "performance/memory": "large-linear long-sequences delete-intermediates inplace-activations",
    "performance/speed": "device-syncs half-precision torch-profiler",
    "debugging/shapes": "shape-asserts one-dimensional",
    "debugging/tools": "trace-tensors",
    "ecosystem": "extension-packages",
}
CASES = [(language, page) for language in LANGUAGES for page in ENTRIES]


@pytest.mark.parametrize(("language", "page"), CASES)
def test_every_entry_is_there_with_a_block_and_an_official_link(language, page):
    sections = [s for s in read_pages(language)[f"{page}.md"].sections if s.level == 2]
    assert set(ENTRIES[page].split()) <= {s.anchor for s in sections}
    for section in sections:
        assert section.includes, section.anchor
        assert any(url.startswith("https://") for _, url in section.links), section.anchor


def test_every_linked_api_exists():
    links = {
        target
        for page in read_pages("en").values()
        for section in page.sections
        for _, target in section.links
    }
    names = {m[1] for link in links if (m := re.search(r"/generated/([\w.]+)\.html", link))}
    assert len(names) > 40
    for name in names:
        module, _, path = name.partition(".")
        try:
            reduce(getattr, path.split("."), importlib.import_module(module))
        except AttributeError:
            importlib.import_module(name.rpartition(".")[0])
            reduce(getattr, name.split(".")[1:], importlib.import_module("torch"))
