"""Words: the glossary of both languages, and what else readers type for an entry."""

from __future__ import annotations

from pathlib import Path

import yaml

NAMES = Path("docs", "names.yml")


def other_names(root: Path) -> dict[str, list[str]]:
    """Return the other names of entries, `page#anchor` → names in either language."""
    path = root / NAMES
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def _read(root: Path) -> dict:
    return yaml.safe_load((root / "docs" / "glossary.yml").read_text(encoding="utf-8"))


def search_words(root: Path) -> list[str]:
    """Return the Chinese words that the search keeps whole."""
    data = _read(root)
    return [*dict.fromkeys(term["zh"] for term in data["terms"]), *data["search"]]


def avoided_words(root: Path) -> dict[str, str]:
    """Map each word that prose must not use to the one that the glossary has for it."""
    return {term["avoid"]: term["zh"] for term in _read(root)["terms"] if "avoid" in term}
