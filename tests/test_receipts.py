"""A page says "verified" only where a run left a receipt that still counts."""

import json

import pytest

from cheatsheet import receipts
from cheatsheet.snippet import ROOT
from test_project import nox

NAME = "page/entry.py"
SOURCE = "x = 1  # 一 | one\nprint(x)\n#> 1\n"


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "snippets" / NAME
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    return tmp_path


def receipt(tree, **changes):
    return {
        "block": receipts.fingerprint(tree / "snippets" / NAME),
        "date": "2026-11-23",
        "device": "cpu",
        "outcome": "passed",
        "placement": True,
        "python": "3.11.7",
        "rules": receipts.rules(),
        "seconds": 0.1,
        "torch": receipts.pinned_torch(),
    } | changes


@pytest.fixture
def badge(tree, monkeypatch):
    """The badge under the block of the scratch tree."""
    real = receipts.valid
    monkeypatch.setattr(receipts, "valid", lambda device, name, *_: real(device, name, tree))
    return lambda language: receipts.badge(NAME, language)


def edit(tree, old, new):
    path = tree / "snippets" / NAME
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_a_recorded_run_counts(tree):
    assert receipts.valid("cpu", NAME, tree) is None
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    assert receipts.valid("cpu", NAME, tree)
    assert receipts.valid("cuda", NAME, tree) is None


def test_one_changed_character_of_code_turns_the_badge(tree, badge):
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    assert badge("en").startswith("CPU ✓ torch")
    edit(tree, "x = 1", "x = 2")
    assert badge("en").startswith("CPU: not yet verified")


def test_comments_and_outputs_are_no_code(tree):
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    edit(tree, "# 一 | one", "# 壹 | a one")
    edit(tree, "#> 1", "#> 2")
    assert receipts.valid("cpu", NAME, tree)


@pytest.mark.parametrize(
    "change", [{"torch": "2.13.0"}, {"rules": "other"}, {"outcome": "failed"}, {"block": "other"}]
)
def test_another_torch_other_rules_or_a_failure_do_not_count(tree, change):
    receipts.record("cpu", {NAME: receipt(tree, **change)}, tree)
    assert receipts.valid("cpu", NAME, tree) is None


def test_a_receipt_that_still_counts_is_kept_so_that_diffs_stay_small(tree):
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    before = (tree / "snippets/receipts/cpu.json").read_bytes()
    again = receipt(tree, date="2027-01-01", seconds=9.9)
    assert receipts.record("cpu", {NAME: again}, tree) == 0
    assert (tree / "snippets/receipts/cpu.json").read_bytes() == before


def test_a_failure_replaces_a_receipt(tree):
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    receipts.record("cpu", {NAME: receipt(tree, outcome="failed")}, tree)
    assert receipts.valid("cpu", NAME, tree) is None


def test_receipts_of_deleted_snippets_go(tree):
    receipts.record("cpu", {NAME: receipt(tree)}, tree)
    (tree / "snippets" / NAME).unlink()
    receipts.record("cpu", {}, tree)
    assert json.loads((tree / "snippets/receipts/cpu.json").read_text()) == {}


@pytest.mark.parametrize(
    ("language", "cpu", "cuda", "words"),
    [
        ("zh", False, False, "CPU：尚未验证 · CUDA：尚未验证"),
        ("en", True, False, "CPU ✓ torch {torch} · CUDA: not yet verified · placement checked"),
        ("en", True, True, "CPU ✓ torch {torch} · CUDA ✓ NVIDIA H100, 2026-11-23"),
    ],
)
def test_the_badge_says_no_more_than_the_receipts(tree, badge, language, cpu, cuda, words):
    if cpu:
        receipts.record("cpu", {NAME: receipt(tree)}, tree)
    if cuda:
        receipts.record("cuda", {NAME: receipt(tree, device="NVIDIA H100")}, tree)
    assert badge(language) == words.format(torch=receipts.pinned_torch())


def test_nothing_claims_cuda_without_a_gpu_s_name():
    for name, entry in receipts.read("cuda").items():
        assert entry["device"] != "cpu", name


def test_without_a_device_cuda_alone_is_an_error(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = nox("-s", "test", "--", "--device", "cuda", "--record")
    assert done.returncode != 0
    assert "no CUDA device here" in done.stderr
    assert not (ROOT / "snippets/receipts/cuda.json").exists() or receipts.read("cuda")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("not run", "CUDA: not run, this machine has no CUDA device"),
        ("not asked for", "CUDA: not run, --device cpu was asked for"),
        ("ran", "CUDA: ran before this"),
    ],
)
def test_a_run_says_what_became_of_cuda(state, line, monkeypatch):
    from conftest import pytest_terminal_summary

    class Reporter:
        said = ""

        def write_line(self, text):
            self.said += text

    monkeypatch.setenv("CHEATSHEET_CUDA", state)
    reporter = Reporter()
    pytest_terminal_summary(reporter)
    assert line in reporter.said
