"""The gallery on other pages: its index, and a small figure that stands in an entry."""

from __future__ import annotations

import posixpath

from ..catalogue import Sheet


def index(sheet: Sheet, language: str) -> str:
    """Return the notebooks with their first figure, each a link."""
    lines = ['<div class="gallery" markdown>', ""]
    for notebook in sheet.notebooks:
        first = notebook.figure(language, 1)
        image = f"![{first.alt}](figures/{posixpath.basename(first.file)}){{ loading=lazy }}"
        lines += [f"[{image} {notebook.title(language)}]({notebook.id}.ipynb)", ""]
    return "\n".join([*lines, "</div>"])


def linked(sheet: Sheet, page: str, language: str, notebook: str, number: int) -> str:
    """Return a figure of a notebook as it stands in an entry of `page`: small, a link."""
    figure = next(n for n in sheet.notebooks if n.id == notebook).figure(language, number)
    up = posixpath.relpath("gallery", posixpath.dirname(page) or ".")
    image = f"![{figure.alt}]({up}/figures/{posixpath.basename(figure.file)})"
    link = f"{up}/{notebook}.ipynb#{figure.anchor}"
    return f"[{image}{{ loading=lazy }}]({link}){{ .figure }}"
