"""What tests of blocks use. Nothing here imports torch, MkDocs or a browser by itself."""

from pathlib import Path

from cheatsheet.execution import execute, in_child
from cheatsheet.snippet import localize

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = ROOT / "snippets"
PAGES = ROOT / "build" / "pages"

__all__ = ["PAGES", "ROOT", "SNIPPETS", "execute", "in_child", "localize"]
