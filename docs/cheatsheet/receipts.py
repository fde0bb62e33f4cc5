"""What ran where: one line per block, in one file per device and torch release.

`tests/receipts/<device>-<release>.txt` is written by `nox -s test -- --record` and
`nox -s matrix` alone. A line counts while the block's code and `RULES` are what they were; comments
and outputs are no code. Git merges these files line by line (`.gitattributes`).
"""

from __future__ import annotations

import ast
import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from .catalogue import Block, Sheet
from .release import pinned_torch
from .snippet import comments

# Raise it when what decides a verdict has become stricter: every receipt then expires.
RULES = 1
DEVICES = ("cpu", "cuda")
FOLDER = Path("tests", "receipts")
OUTCOMES = ("passed", "differs", "failed")


def fingerprint(block: Block) -> str:
    """Return a hash of a block's code, comments and output lines aside."""
    if block.kind == "python":
        text = ast.dump(ast.parse(block.source))
    else:
        lines = block.source.splitlines()
        for row, column, _ in comments(block.path, block.source):
            lines[row] = lines[row][:column].rstrip()
        text = "\n".join(lines)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Receipt:
    """One run of a block: `outcome` is passed, differs (other output), or failed."""

    block: str
    fingerprint: str
    rules: int
    date: str
    outcome: str
    placed: bool
    python: str
    device: str

    def __str__(self) -> str:
        placed = "placed" if self.placed else "-"
        return (
            f"{self.block} {self.fingerprint} r{self.rules} {self.date} {self.outcome} {placed} "
            f"py{self.python} {self.device}"
        )

    @classmethod
    def parse(cls, line: str) -> Receipt:
        block, code, rules, date, outcome, placed, python, device = line.split(" ", 7)
        return cls(
            block, code, int(rules[1:]), date, outcome, placed == "placed", python[2:], device
        )


@dataclass
class Receipts:
    """All receipts below a root, and which of them still count."""

    sheet: Sheet
    lines: dict[tuple[str, str], list[Receipt]] = field(default_factory=dict)

    @classmethod
    def read(cls, sheet: Sheet) -> Receipts:
        lines = {}
        for path in sorted((sheet.root / FOLDER).glob("*-*.txt")):
            device, _, release = path.stem.partition("-")
            text = path.read_text(encoding="utf-8")
            lines[device, release] = [Receipt.parse(line) for line in text.splitlines() if line]
        return cls(sheet, lines)

    @cached_property
    def pinned(self) -> str:
        return pinned_torch(self.sheet.root)

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        return {block.name: fingerprint(block) for block in self.sheet.blocks}

    def counts(self, receipt: Receipt) -> bool:
        """Whether a receipt is about the code and the rules of today."""
        code = self._fingerprints.get(receipt.block)
        return receipt.fingerprint == code and receipt.rules == RULES

    @cached_property
    def _valid(self) -> dict[tuple[str, str, str], Receipt]:
        return {
            (device, release, receipt.block): receipt
            for (device, release), receipts in self.lines.items()
            for receipt in receipts
            if self.counts(receipt)
        }

    def of(self, block: Block, device: str) -> dict[str, Receipt]:
        """Return the receipts that count for a block by release: the pinned first, then newest."""
        releases = {release for d, release in self.lines if d == device}
        order = sorted(releases, key=lambda r: (r != self.pinned, _descending(r)))
        found = {r: self._valid.get((device, r, block.name)) for r in order}
        return {release: receipt for release, receipt in found.items() if receipt}

    def passed(self, block: Block, device: str) -> dict[str, Receipt]:
        found = self.of(block, device).items()
        return {release: receipt for release, receipt in found if receipt.outcome == "passed"}

    def since(self, block: Block) -> str | None:
        """Return the oldest release that runs a block, where an older one was seen to fail."""
        ran = self.of(block, "cpu")
        failed = [Version(r) for r, receipt in ran.items() if receipt.outcome == "failed"]
        later = [
            Version(r)
            for r, receipt in ran.items()
            if receipt.outcome != "failed" and failed and Version(r) > max(failed)
        ]
        return f"{min(later).major}.{min(later).minor}" if later else None

    def count(self, device: str, release: str | None = None) -> tuple[int, int]:
        """Return how many blocks passed on a device with a release (the pinned), and how many run."""
        runnable = [block for block in self.sheet.blocks if block.runs]
        release = release or self.pinned
        return sum(release in self.passed(b, device) for b in runnable), len(runnable)

    def record(self, device: str, release: str, fresh: list[Receipt]) -> int:
        """Write receipts atomically and return how many changed.

        A receipt that still counts and says the same is kept, so that a diff shows what changed.
        Lines of blocks that no longer exist, or of other code, go.
        """
        kept = {r.block: r for r in self.lines.get((device, release), []) if self.counts(r)}
        changed = 0
        for receipt in fresh:
            old = kept.get(receipt.block)
            if old and (old.outcome, old.placed) == (receipt.outcome, receipt.placed):
                continue
            kept[receipt.block] = receipt
            changed += 1
        path = self.sheet.root / FOLDER / f"{device}-{release}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text("".join(f"{kept[b]}\n" for b in sorted(kept)), encoding="utf-8")
        os.replace(draft, path)
        return changed


def _descending(release: str) -> tuple[int, ...]:
    version = Version(release)
    return tuple(-part for part in version.release)
