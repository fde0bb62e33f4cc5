"""`nox -s lint`: every rule on sources, with file, line and remedy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..agreed import Agreed
from ..catalogue import Sheet
from ..glossary import NAMES, other_names
from ..pages import errata
from ..snippet import SourceError
from . import links, prose, rules, style


def problems(root: Path, fix: bool = False) -> list[SourceError]:
    """Return what is wrong below `root`; what needs sound sources is looked at after them."""
    if found := rules.problems(root):
        return found
    sheet = Sheet.read(root)
    found = [*prose.problems(sheet), *links.problems(sheet), *Agreed(sheet).problems()]
    known = {entry.id for entry in sheet.entries} | {page.name for page in sheet.pages}
    for name in other_names(root).keys() - known:
        message = f"there is no entry or page {name}: correct its line"
        found.append(SourceError(root / NAMES, 1, message))
    try:
        errata.load(root)
    except SourceError as error:
        found.append(error)
    return [*found, *style.problems(root, fix)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s lint --", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="repair what can be repaired")
    found = problems(Path.cwd(), parser.parse_args().fix)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        sys.exit(f"{len(found)} problems")


if __name__ == "__main__":
    main()
