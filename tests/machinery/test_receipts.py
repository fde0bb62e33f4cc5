"""A page says "verified" only where a run left a receipt that still counts, and says where."""

import subprocess
from dataclasses import replace

import pytest

from cheatsheet.catalogue import Block, Entry, Sheet
from cheatsheet.pages.verification import badge
from cheatsheet.receipts import RULES, Receipt, Receipts, fingerprint
from harness import ROOT
from tools.verdict import NOTED, decided_by, state

PINNED = "2.14.1"
SOURCE = "x = 1  # 一 | one\nprint(x)\n#> 1\n"


class Tree:
    """A sheet of one block in a folder, and its receipts."""

    def __init__(self, root):
        self.root = root
        self.path = root / "snippets/page/entry.py"
        self.path.parent.mkdir(parents=True)
        self.path.write_text(SOURCE, encoding="utf-8")
        (root / "pyproject.toml").write_text(f'[dependency-groups]\nblocks = ["torch=={PINNED}"]\n')

    @property
    def sheet(self):
        source = self.path.read_text(encoding="utf-8") if self.path.is_file() else None
        blocks = [Block(self.path, "page/entry.py", "page", "entry", source)] if source else []
        sheet = Sheet(self.root, [])
        sheet.entries = [Entry("page", "entry", {}, blocks)]
        return sheet

    @property
    def block(self):
        return self.sheet.blocks[0]

    @property
    def receipts(self):
        return Receipts.read(self.sheet)

    def receipt(self, **changes):
        first = Receipt(
            *("page/entry.py", fingerprint(self.block), RULES, "2026-11-23", "passed", True),
            *("3.11.7", "x86_64"),
        )
        return replace(first, **changes)

    def record(self, where="cpu", release=PINNED, **changes):
        return self.receipts.record(where, release, [self.receipt(**changes)])

    def counts(self, device="cpu", release=PINNED):
        return release in self.receipts.passed(self.block, device)

    def edit(self, old, new):
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        self.path.write_text(text.replace(old, new), encoding="utf-8")

    def badge(self, language="en"):
        return badge(self.block, language, self.receipts)

    def lines(self, device="cpu", release=PINNED):
        return (self.root / f"tests/receipts/{device}-{release}.txt").read_text().splitlines()


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_a_recorded_run_counts_for_its_device_and_release_alone(tree):
    assert not tree.counts()
    tree.record()
    assert tree.counts()
    assert not tree.counts("cuda")
    assert not tree.counts(release="2.13.0")


def test_one_changed_character_of_code_turns_the_badge(tree):
    tree.record()
    assert tree.badge().startswith("CPU ✓ torch 2.14.1")
    tree.edit("x = 1", "x = 2")
    assert tree.badge().startswith("CPU: not yet verified")


def test_comments_outputs_and_marks_are_no_code(tree):
    tree.record()
    tree.edit("# 一 | one", "# 壹 | a one")
    tree.edit("#> 1", "#> 2")
    tree.edit("print", "#[\nprint")
    tree.edit("#> 2", "#]\n#> 2")
    assert tree.counts()


@pytest.mark.parametrize(
    "change", [{"rules": RULES - 1}, {"outcome": "failed"}, {"outcome": "differs"}]
)
def test_other_rules_a_failure_or_other_output_do_not_count(tree, change):
    tree.record(**change)
    assert not tree.counts()


def test_a_second_release_adds_to_the_first(tree):
    tree.record()
    tree.record(release="2.13.0")
    tree.record("cuda", "2.11.0", device="NVIDIA H100 80GB HBM3")
    assert tree.badge() == "CPU ✓ torch 2.14.1, 2.13.0 · CUDA ✓ torch 2.11.0 (H100)"


def test_the_pinned_release_stands_first_and_then_the_newest(tree):
    for release in ("2.9.1", "2.15.0", PINNED, "2.11.0"):
        tree.record(release=release)
    releases = list(tree.receipts.passed(tree.block, "cpu"))
    assert releases == [PINNED, "2.15.0", "2.11.0", "2.9.1"]


def test_a_block_says_since_when_it_runs_once_an_older_release_was_seen_to_fail(tree):
    tree.record()
    tree.record(release="2.13.0")
    assert tree.receipts.since(tree.block) is None
    tree.record(release="2.11.0", outcome="failed")
    assert tree.receipts.since(tree.block) == "2.13"
    assert tree.badge().endswith("since torch 2.13")


def test_other_output_on_another_release_is_no_missing_feature(tree):
    tree.record()
    tree.record(release="2.11.0", outcome="differs")
    assert tree.receipts.since(tree.block) is None


def test_a_receipt_that_still_counts_is_kept_so_that_diffs_stay_small(tree):
    tree.record()
    before = tree.lines()
    assert tree.record(date="2027-01-01", python="3.12.0") == 0
    assert tree.lines() == before


def test_a_failure_replaces_a_receipt(tree):
    tree.record()
    tree.record(outcome="failed")
    assert not tree.counts()


def test_receipts_of_deleted_blocks_go(tree):
    tree.record()
    tree.path.unlink()
    tree.receipts.record("cpu", PINNED, [])
    assert tree.lines() == []


@pytest.mark.parametrize(
    ("language", "devices", "words"),
    [
        ("zh", [], "CPU：尚未验证 · CUDA：尚未验证"),
        ("en", ["cpu"], "CPU ✓ torch 2.14.1 · CUDA: not yet verified · placement checked"),
        ("en", ["cpu", "cuda"], "CPU ✓ torch 2.14.1 · CUDA ✓ torch 2.14.1 (H100)"),
    ],
)
def test_the_badge_says_no_more_than_the_receipts(tree, language, devices, words):
    for device in devices:
        tree.record(device, device={"cpu": "x86_64", "cuda": "NVIDIA H100 PCIe"}[device])
    assert tree.badge(language) == words


def test_nothing_claims_cuda_without_a_gpu_s_name(sheet):
    for (device, _), receipts in Receipts.read(sheet).lines.items():
        for receipt in receipts:
            assert (device == "cuda") == receipt.device.startswith("NVIDIA"), receipt


def test_two_people_who_add_entries_merge_without_a_conflict(tmp_path):
    def git(*arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@y.z", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)

    git("init", "--quiet", "--initial-branch", "main")
    files = [tmp_path / "tests/receipts/cpu-2.14.1.txt", tmp_path / "docs/agreed.txt"]
    (tmp_path / ".gitattributes").write_text((ROOT / ".gitattributes").read_text())
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("a 1\nz 9\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "first")
    for branch, line in (("one", "b 2\n"), ("two", "c 3\n")):
        git("checkout", "--quiet", "-b", branch, "main")
        for file in files:
            file.write_text(f"a 1\n{line}z 9\n")
        git("commit", "--quiet", "--all", "--message", branch)
    git("merge", "--quiet", "one", "--message", "both")
    for file in files:
        assert sorted(file.read_text().splitlines()) == ["a 1", "b 2", "c 3", "z 9"]


# What decides a verdict


def test_a_change_of_what_decides_a_verdict_is_noticed():
    assert state() == NOTED.read_text(encoding="utf-8").splitlines(), (
        "what decides a verdict has changed: where a block that passed could now fail, raise RULES "
        "in docs/cheatsheet/receipts.py; then note it: python tests/tools/verdict.py"
    )


RUNNER = 'def run(path):\n    """Run."""\n    found = path.read()\n    return found == 1\n'


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("found", "result", True),
        ("path", "file", True),
        ('"""Run."""', '"""Run a block."""', True),
        ("== 1", "!= 1", False),
        (".read()", ".write()", False),
    ],
)
def test_a_renamed_variable_is_no_such_change(old, new, same):
    assert (decided_by(RUNNER) == decided_by(RUNNER.replace(old, new))) == same
