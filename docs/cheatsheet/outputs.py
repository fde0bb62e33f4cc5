"""`nox -s outputs`: runs every snippet and rewrites the `#>` lines under its prints."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .execution import execute, in_child
from .snippet import SNIPPETS, with_outputs


def _printed(path: Path) -> dict[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return execute(path).printed


def refresh(path: Path) -> bool:
    """Rewrite the `#>` lines of one snippet atomically; return whether anything changed.

    Raises:
        RuntimeError: the snippet failed; the file is as it was.
    """
    source = path.read_text(encoding="utf-8")
    fresh = with_outputs(source, in_child(_printed, path))
    if fresh == source:
        return False
    draft = path.with_suffix(".tmp")
    draft.write_text(fresh, encoding="utf-8")
    os.replace(draft, path)
    return True


def select(words: list[str], root: Path = SNIPPETS) -> list[Path]:
    """Return the Python snippets whose path below `snippets/` starts with one of `words`.

    Raises:
        SystemExit: a word selects nothing.
    """
    paths = sorted(root.rglob("*.py"))
    if not words:
        return paths
    chosen = set()
    for word in words:
        prefix = word.removeprefix("snippets/").rstrip("/")
        hits = {p for p in paths if str(p.relative_to(root)).startswith(prefix)}
        if not hits:
            sys.exit(f"no snippet starts with {word!r}: give a folder or a file below snippets/")
        chosen |= hits
    return sorted(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s outputs --", description=__doc__)
    parser.add_argument("snippets", nargs="*", help="folders or files below snippets/")
    paths = select(parser.parse_args().snippets)
    import torch._dynamo  # noqa: F401  every forked child inherits it, optimizers need it

    changed, failed = 0, 0
    for path in paths:
        try:
            if refresh(path):
                changed += 1
                print(f"rewritten  {path.relative_to(SNIPPETS)}")
        except RuntimeError as error:
            failed += 1
            print(f"FAILED     {path.relative_to(SNIPPETS)}, left as it was\n{error}")
    print(f"{len(paths)} snippets: {changed} rewritten, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
