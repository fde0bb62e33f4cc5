"""Words: the glossary of both languages, and what else readers type for an entry."""

from __future__ import annotations

from pathlib import Path

import yaml

from .snippet import LANGUAGES, SourceError

NAMES = Path("docs", "names.yml")


def other_names(root: Path) -> dict[str, list[str]]:
    """Return the other names of entries, `page#anchor` → names, those of both languages.

    Raises:
        SourceError: an entry has something else than a list of texts in each language.
    """
    path = root / NAMES
    if not path.is_file():
        return {}
    named = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for entry, names in named.items():
        if not isinstance(names, dict) or names.keys() != set(LANGUAGES):
            raise SourceError(path, 1, f"{entry}: give a list `zh` and a list `en`")
        if not all(isinstance(name, str) for both in names.values() for name in both):
            raise SourceError(path, 1, f"{entry}: a name is a text: put it in quotes")
    return {entry: [*names["zh"], *names["en"]] for entry, names in named.items()}


def _read(root: Path) -> dict:
    return yaml.safe_load((root / "docs" / "glossary.yml").read_text(encoding="utf-8"))


def avoided_words(root: Path) -> dict[str, str]:
    """Map each word that prose must not use to the one that the glossary has for it."""
    return {term["avoid"]: term["zh"] for term in _read(root)["terms"] if "avoid" in term}


def synonyms(root: Path) -> list[list[str]]:
    """Return the groups of words that readers use for one another."""
    return _read(root).get("synonyms", [])
