"""What a build says about the version that it is part of: one object, in one file.

`nox -s publish` writes it and names the file in `CHEATSHEET_RELEASE`; without it, a build is for
this machine alone.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

VARIABLE = "CHEATSHEET_RELEASE"


def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def pinned_torch(root: Path) -> str:
    """Return the release of torch that `pyproject.toml` pins."""
    groups = project(root)["dependency-groups"]
    pins = [pin for group in groups.values() for pin in group if isinstance(pin, str)]
    return next(pin.removeprefix("torch==") for pin in pins if pin.startswith("torch=="))


@dataclass(frozen=True)
class Release:
    """A version as readers see it: `name` is 2.14 for torch 2.14.1.

    `home` and `repository` are addresses, `canonical` the version that search engines are told,
    `head` the commit that was tested, `old` the tip of `gh-pages` before it.
    """

    name: str
    torch: str
    prerelease: bool
    latest: bool
    canonical: str
    unverified: int
    blocks: int
    head: str
    old: str | None
    home: str
    repository: str
    offline: bool = False

    def to_read_offline(self) -> Release:
        return replace(self, offline=True)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Release:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of_this_build(cls) -> Release | None:
        path = os.environ.get(VARIABLE)
        return cls.read(Path(path)) if path else None

    def archive(self, language: str) -> str:
        """Return the file name of the offline copy."""
        return f"pytorch-cheatsheet-{language}-{self.name}.zip"

    def link(self, language: str) -> str:
        """Return where this version of a language stands: a path, or offline its address."""
        return f"{self.home if self.offline else urlsplit(self.home).path}{language}/{self.name}/"

    def canonical_url(self, language: str) -> str:
        return f"{self.home}{language}/{self.canonical}/"

    def cards(self, language: str) -> str:
        """Return where the cards of this version's pages stand; those read offline have none."""
        return "" if self.offline else f"{self.home}{language}/{self.name}/assets/cards/"

    def source_url(self) -> str:
        return f"{self.repository}/blob/{self.head}/snippets/"
