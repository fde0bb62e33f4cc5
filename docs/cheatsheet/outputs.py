"""`nox -s outputs`: runs snippets and rewrites the outputs under their prints."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .catalogue import Sheet
from .execution import execute, in_child
from .gallery import Notebook, notebooks
from .printed import rewritten
from .snippet import LANGUAGES, SourceError


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


def named(notebook: Notebook, words: list[str]) -> bool:
    """Whether a word names a notebook: its id, its page, its source, or `gallery` for all."""
    names = (notebook.id, notebook.name, "gallery")
    return any(w.removeprefix("snippets/").removesuffix(".py") in names for w in words)


def execute_notebook(notebook: Notebook) -> bool:
    """Execute a notebook of the gallery in both languages; return whether anything changed.

    Raises:
        SourceError: a cell failed; both files are as they were.
    """
    import nbformat

    fresh = {}
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            text = nbformat.writes(notebook.executed(language, Path(folder)))
            fresh[notebook.committed(language)] = f"{text}\n"
    old = {path: path.read_text(encoding="utf-8") if path.is_file() else "" for path in fresh}
    for path, text in fresh.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    return fresh != old


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s outputs --", description=__doc__)
    parser.add_argument("words", nargs="*", help="pages, entries or snippets")
    parser.add_argument("--examples", action="store_true", help="renew the example outputs too")
    args = parser.parse_args()
    root = Path.cwd()
    pictures = [n for n in notebooks(root) if not args.words or named(n, args.words)]
    words = [word for word in args.words if not any(named(n, [word]) for n in pictures)]
    try:
        blocks = Sheet.read(root).select(words) if words or not args.words else []
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
    for notebook in pictures:
        try:
            if execute_notebook(notebook):
                changed += 1
                print(f"rewritten  {notebook.name}")
        except SourceError as error:
            failed += 1
            print(f"FAILED     {error}; left as it was")
    print(f"{len(paths)} snippets: {changed} rewritten, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
