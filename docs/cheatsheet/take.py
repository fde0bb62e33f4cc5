"""To take away: each page as `.md`, and as `.ipynb` where it has code, beside its address."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.utils import get_relative_url

from .catalogue import Page
from .expand import Expander
from .gallery import Notebook
from .notebooks import markdown, notebook, plain

WORDS = {
    "zh": ("在 Colab 中打开", "下载 .ipynb", "复制为 Markdown", "已复制"),
    "en": ("Open in Colab", "Download .ipynb", "Copy as Markdown", "Copied"),
}


def has_code(page: Page) -> bool:
    return any(block.kind == "python" for entry in page.entries for block in entry.blocks)


def with_row(html: str, page, expander: Expander, language: str) -> str:
    """Return a page with the row of what can be taken away, under its title."""
    name = page.file.src_uri.removesuffix(".md").removesuffix(".ipynb")
    sheet = expander.sheet
    known = {p.name for p in sheet.pages if has_code(p)} | {n.name for n in sheet.notebooks}
    if name not in known or "</h1>" not in html:
        return html
    here = get_relative_url(f"{name}.ipynb", page.file.url)
    text = get_relative_url(f"{name}.md", page.file.url)
    colab, download, copy, copied = WORDS[language]
    links = [
        f'<a href="{here}" download>{download}</a>',
        f'<a href="{text}" data-copy-page="{escape(copied)}">{copy}</a>',
    ]
    if (release := expander.release) and not release.offline:
        place = f"blob/gh-pages/{language}/{release.name}/{name}.ipynb"
        repository = urlsplit(release.repository).path.strip("/")
        address = f"https://colab.research.google.com/github/{repository}/{place}"
        links.insert(0, f'<a href="{address}">{colab}</a>')
    row = f'<p class="take">{" ".join(links)}</p>'
    return html.replace("</h1>", f"</h1>\n{row}", 1)


def write(site: Path, expander: Expander, language: str, base: str) -> None:
    """Write the files that the rows offer below `site`; `base` is where its language stands."""
    import nbformat

    for page in expander.sheet.pages:
        parts = expander.parts(page, language)
        _write(site / f"{page.name}.md", markdown(parts, page.name, language, base))
        if has_code(page):
            made = notebook(parts, page.name, language, base)
            _write(site / f"{page.name}.ipynb", nbformat.writes(made) + "\n")
    for gallery in expander.sheet.notebooks:
        made = gallery.read(language)
        for cell in made.cells:
            if cell.cell_type == "markdown":
                cell.source = plain(cell.source, gallery.name, base)
        _write(site / f"{gallery.name}.ipynb", nbformat.writes(made) + "\n")
        _write(site / f"{gallery.name}.md", as_markdown(gallery, language, base))


def as_markdown(gallery: Notebook, language: str, base: str = "") -> str:
    """Return a notebook of the gallery as Markdown, with its figures by their alternative text.

    Without `base`, headings keep their anchors and links stay relative.
    """
    from .gallery import drawn, printed

    figures = iter(gallery.figures(language))
    texts = []
    for cell in gallery.read(language).cells:
        if cell.cell_type == "markdown":
            text, anchors = cell.source, iter(cell.metadata.get("anchors", []))
            if base:
                texts.append(plain(text, gallery.name, base))
            else:
                lines = [
                    f"{line} {{ #{next(anchors)} }}" if line.startswith("#") else line
                    for line in text.split("\n")
                ]
                texts.append("\n".join(lines))
            continue
        texts.append(f"```python\n{cell.source}\n```")
        if text := printed(cell):
            texts.append(f"```text\n{text.rstrip()}\n```")
        for figure, _ in zip(figures, drawn(cell), strict=False):
            texts.append(f"![{figure.alt}]({base or '../'}{figure.file})")
    return "\n\n".join(texts) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
