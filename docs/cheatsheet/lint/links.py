"""Official addresses that pages may link to: `docs/links.txt`, each checked against its source."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from ..catalogue import Sheet
from ..snippet import LANGUAGES, SourceError

FILE = Path("docs", "links.txt")


def known(root: Path) -> set[str]:
    path = root / FILE
    if not path.is_file():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def problems(sheet: Sheet) -> Iterator[SourceError]:
    """Yield every link to an address that nobody has checked."""
    addresses = known(sheet.root)
    for page in sheet.pages:
        for language in LANGUAGES:
            for section in page.written[language].sections:
                for line, target in section.links:
                    if "://" in target and target not in addresses:
                        near = get_close_matches(target, addresses, 1, 0.8)
                        hint = f", or did you mean {near[0]}?" if near else ""
                        yield SourceError(
                            page.written[language].path,
                            line,
                            f"{target} is not in {FILE}: look whether that page has this "
                            f"fragment, then add the line{hint}",
                        )
