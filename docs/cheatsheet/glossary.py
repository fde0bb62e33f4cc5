"""Words: the glossary of both languages, and what else readers type for an entry."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from .snippet import CJK, LANGUAGES, SourceError

NAMES = Path("docs", "names.yml")
# English words side by side, and nothing of code.
_PHRASE = re.compile(r"[a-z][A-Za-z0-9',-]*( [A-Za-z0-9',-]+)+")


def other_names(root: Path) -> dict[str, list[str]]:
    """Return the other names of entries, `page#anchor` → names, those of both languages.

    Raises:
        SourceError: an entry has something else than lists of texts.
    """
    return {entry: [*lists["zh"], *lists["en"]] for entry, lists in _named(root).items()}


def asked_for(root: Path, language: str) -> dict[str, list[str]]:
    """Return all by which the search of a language finds an entry, `page#anchor` → texts.

    Readers of Chinese also type English names and messages, but no English phrases.
    """
    found = {}
    for entry, lists in _named(root).items():
        if language == "zh":
            asked = [text for text in lists.get("asked", []) if not _PHRASE.fullmatch(text)]
            found[entry] = [*lists["zh"], *lists["en"], *asked]
        else:
            texts = [text for texts in lists.values() for text in texts]
            found[entry] = [text for text in texts if not CJK.search(text)]
    return found


def _named(root: Path) -> dict[str, dict[str, list[str]]]:
    path = root / NAMES
    if not path.is_file():
        return {}
    named = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for entry, lists in named.items():
        if not isinstance(lists, dict) or lists.keys() - {"asked"} != set(LANGUAGES):
            raise SourceError(path, 1, f"{entry}: give a list `zh`, a list `en`, and maybe `asked`")
        if not all(isinstance(text, str) for texts in lists.values() for text in texts):
            raise SourceError(path, 1, f"{entry}: a name is a text: put it in quotes")
    return named


def _read(root: Path) -> dict:
    return yaml.safe_load((root / "docs" / "glossary.yml").read_text(encoding="utf-8"))


def avoided_words(root: Path) -> dict[str, str]:
    """Map each word that prose must not use to the one that the glossary has for it."""
    return {term["avoid"]: term["zh"] for term in _read(root)["terms"] if "avoid" in term}


def synonyms(root: Path) -> list[list[str]]:
    """Return the groups of words that readers use for one another."""
    return _read(root).get("synonyms", [])


def questions(root: Path) -> list[str]:
    """Return the words that only make a question."""
    return [word for words in _read(root).get("questions", []) for word in words]
