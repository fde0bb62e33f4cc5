"""How a notebook of the gallery looks on the site: the one door behind mkdocs-jupyter.

mkdocs-jupyter brings JupyterLab's style sheets, scripts and the addresses of other hosts, 600 KB a
page. Kept is what a cell says: prose, highlighted code as on every page, printed text, and figures
as files with their alternative text. Stops the build when a page is not what this was written for.
"""

from __future__ import annotations

import posixpath
import re
from html import escape

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url

from .gallery import Figure, Notebook, drawn

# Pictures first: code that draws, and long code, unfolds at a click.
WORDS = {
    "zh": ("这幅图的代码", "计算用的代码"),
    "en": ("Code of this figure", "Code that computes"),
}
SHORT = 12  # lines
_FOREIGN = re.compile(r"<(?:script|style|link|iframe)\b|\bsrc=\"(?:https?:)?//|data:image")


def files_of(notebook: Notebook, language: str, config) -> list[File]:
    """Return the figures of a notebook as files of the site."""
    figures = notebook.figures(language)
    return [File.generated(config, f.file, content=f.svg) for f in figures]


def show(page, notebook: Notebook, language: str, files) -> str:
    """Return what stands on the page of a notebook, and set its title, description and contents.

    Raises:
        PluginError: mkdocs-jupyter made something else than it used to, or a link leads nowhere.
    """
    from bs4 import BeautifulSoup

    made = BeautifulSoup(page.content, "html.parser").select("div.jp-Cell[id]")
    cells = notebook.read(language).cells
    if len(made) != len(cells):
        raise PluginError(
            f"mkdocs-jupyter has changed: {len(made)} cells instead of {len(cells)} in "
            f"{page.file.src_uri}. Adapt {__file__}"
        )
    figures = {figure.svg: figure for figure in notebook.figures(language)}
    parts, tokens = [], []
    for cell, html in zip(cells, made, strict=True):
        if cell.cell_type == "markdown":
            parts.append(_prose(html, cell, page, files, tokens))
        else:
            code = _code(html, page)
            if drawn(cell) or cell.source.count("\n") >= SHORT:
                words = WORDS[language][not drawn(cell)]
                code = f"<details class='cell'><summary>{words}</summary>\n{code}\n</details>"
            parts.append(code)
            parts += [_output(output, figures, page) for output in cell.outputs]
    text = "\n".join(parts)
    if found := _FOREIGN.search(text):
        raise PluginError(f"mkdocs-jupyter has changed: {found[0]!r} in {page.file.src_uri}")
    page.edit_url = page.edit_url and page.edit_url.replace(
        f"docs/{language}/{page.file.src_uri}", f"snippets/{notebook.name}.py"
    )
    page.title = tokens[0]["name"]
    page.toc = get_toc(_nested(tokens))
    page.meta.setdefault("description", _description(notebook, language))
    return text


def _prose(html, cell, page, files, tokens) -> str:
    body = html.select_one(".jp-RenderedMarkdown")
    headings = body.select("h1, h2, h3, h4")
    for heading, anchor in zip(headings, cell.metadata.get("anchors", []), strict=True):
        heading.select_one("a.anchor-link").decompose()
        words = heading.get_text()
        tokens.append({"level": int(heading.name[1]), "id": anchor, "name": words, "children": []})
        heading.attrs = {"id": anchor}
        link = f'<a class="headerlink" href="#{anchor}" title="Permanent link">&para;</a>'
        heading.append(_soup(link))
    for link in body.select("a[href]"):
        link["href"] = _address(link["href"], page, files)
    return body.decode_contents()


def _soup(html: str):
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser")


def _address(href: str, page, files) -> str:
    path, hash_, anchor = href.partition("#")
    if not path or "://" in href:
        return href
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), path))
    there = files.get_file_from_path(name)
    if there is None:
        raise PluginError(f"{page.file.src_uri}: the link {href!r} leads to no page: correct it")
    return f"{get_relative_url(there.url, page.file.url)}{hash_}{anchor}"


def _code(html, page) -> str:
    block = html.select_one(".highlight-ipynb pre")
    if block is None:
        raise PluginError(f"mkdocs-jupyter has changed: no code in a cell of {page.file.src_uri}")
    inner = block.decode_contents().removeprefix("<span></span>")
    code = f"<pre><span></span><code>{inner}</code></pre>"
    return f'<div class="language-python highlight">{code}</div>'


def _output(output, figures: dict[str, Figure], page) -> str:
    data = output.get("data", {})
    if svg := data.get("image/svg+xml"):
        return picture(figures[svg], page)
    text = output.get("text") or data.get("text/plain")
    if text is None:
        raise PluginError(f"{page.file.src_uri}: an output is neither text nor SVG: {list(data)}")
    return f'<pre class="output"><samp>{escape(text.rstrip())}</samp></pre>'


def picture(figure: Figure, page) -> str:
    """Return a figure as an image that keeps its place before it is loaded."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', figure.svg)
    width, height = (round(float(n) * 4 / 3) for n in size.groups())
    source = get_relative_url(figure.file, page.file.url)
    image = f'src="{source}" alt="{escape(figure.alt)}" width="{width}" height="{height}"'
    return f'<p class="figure"><img {image} loading="lazy"></p>'


def _nested(tokens: list[dict]) -> list[dict]:
    roots, open_ = [], []
    for token in tokens:
        while open_ and open_[-1]["level"] >= token["level"]:
            open_.pop()
        (open_[-1]["children"] if open_ else roots).append(token)
        open_.append(token)
    return roots


def _description(notebook: Notebook, language: str) -> str:
    paragraphs = notebook.text(language).split("\n\n")
    first = next(p for p in paragraphs if not p.startswith("#"))
    return " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", first).split())
