"""`nox -s outputs`: runs snippets and rewrites the outputs under their prints."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .catalogue import Sheet
from .execution import execute, in_child
from .printed import rewritten


def printed_by(path: Path) -> dict[int, str]:
    """Run a snippet in an empty folder and return what each statement printed."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return execute(path).printed


def refresh(path: Path, examples: bool = False) -> bool:
    """Rewrite the outputs of one snippet atomically; return whether anything changed.

    Raises:
        RuntimeError: the snippet failed; the file is as it was.
    """
    source = path.read_text(encoding="utf-8")
    fresh = rewritten(path, source, in_child(printed_by, path), examples)
    if fresh == source:
        return False
    draft = path.with_suffix(".tmp")
    draft.write_text(fresh, encoding="utf-8")
    os.replace(draft, path)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s outputs --", description=__doc__)
    parser.add_argument("words", nargs="*", help="pages, entries or snippets")
    parser.add_argument("--examples", action="store_true", help="renew the example outputs too")
    args = parser.parse_args()
    root = Path.cwd()
    try:
        blocks = Sheet.read(root).select(args.words)
    except LookupError as error:
        sys.exit(f"outputs: {error}")
    import torch._dynamo  # noqa: F401  every forked child inherits it, optimizers need it

    paths = [block.path for block in blocks if block.kind == "python"]
    changed, failed = 0, 0
    for path in paths:
        try:
            if refresh(path, args.examples):
                changed += 1
                print(f"rewritten  {path.relative_to(root)}")
        except RuntimeError as error:
            failed += 1
            print(f"FAILED     {path.relative_to(root)}, left as it was\n{error}")
    print(f"{len(paths)} snippets: {changed} rewritten, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
