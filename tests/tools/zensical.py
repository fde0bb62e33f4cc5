"""`nox -s zensical`: builds build/pages/ with Zensical and compares it with the MkDocs build.

Zensical reads the Markdown that the one expansion wrote, with a configuration that names no plugin
or hook of ours. Pages, anchors and blocks that differ are printed; a missing one is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from cheatsheet.catalogue import NOTEBOOK, Sheet, navigation
from cheatsheet.snippet import LANGUAGES
from cheatsheet.take import as_markdown


def configuration(sheet: Sheet, language: str) -> dict:
    """Return what Zensical needs to show the expanded pages of a language; paths below build/."""
    nav: list = []
    titles = {page.name: page.title(language) for page in (*sheet.pages, *sheet.notebooks)}
    for _, names, name in navigation(sheet.root):
        page = name.removesuffix(NOTEBOOK)
        chapter, link = names and names[language], {titles[page]: f"{page}.md"}
        if not chapter:
            nav.append(link)
        elif nav and isinstance(nav[-1].get(chapter), list):
            nav[-1][chapter].append(link)
        else:
            nav.append({chapter: [link]})
    return {
        "site_name": "PyTorch",
        "site_url": f"http://127.0.0.1:8000/{language}/",
        "docs_dir": f"zensical-pages/{language}",
        "site_dir": f"zensical/{language}",
        "theme": {"language": language, "font": False},
        "nav": nav,
        "markdown_extensions": [
            "admonition",
            "attr_list",
            "md_in_html",
            "tables",
            {"toc": {"permalink": True}},
            {"pymdownx.highlight": {"pygments_lang_class": True, "anchor_linenums": False}},
            "pymdownx.inlinehilite",
            "pymdownx.superfences",
        ],
    }


def write_pages(sheet: Sheet, language: str) -> None:
    """Write what Zensical reads: the expanded pages, and the gallery as Markdown with its figures."""
    folder = sheet.root / "build" / "zensical-pages" / language
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sheet.root / "build" / "pages" / language, folder)
    for page in folder.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"\.ipynb(?=[#)])", ".md", text), encoding="utf-8")
    for notebook in sheet.notebooks:
        text = as_markdown(notebook, language)
        (folder / f"{notebook.name}.md").write_text(text, encoding="utf-8")
        for figure in notebook.figures(language):
            path = folder / figure.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(figure.svg, encoding="utf-8")


def facts(site: Path) -> dict[str, dict[str, list[str]]]:
    """Return the anchors and blocks of each page of a built site, by its address."""
    found = {}
    for path in sorted(site.rglob("index.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        article = page.select_one("article")
        if article:
            found[path.parent.relative_to(site).as_posix()] = {
                "anchors": [h["id"] for h in article.select("h1[id], h2[id], h3[id]")],
                "blocks": [pre.get_text().rstrip() for pre in article.select("pre")],
            }
    return found


def main() -> None:
    root = Path.cwd()
    sheet, missing = Sheet.read(root), 0
    for language in LANGUAGES:
        write_pages(sheet, language)
        config = root / "build" / f"zensical-{language}.yml"
        text = yaml.safe_dump(configuration(sheet, language), allow_unicode=True)
        config.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--clean", "-f", str(config)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        here, there = (facts(root / "build" / kind / language) for kind in ("site", "zensical"))
        for page in sorted(here.keys() | there.keys()):
            if page not in there or page not in here:
                missing += page not in there
                print(f"{language}/{page}: {'only MkDocs' if page in here else 'only Zensical'}")
                continue
            for kind in ("anchors", "blocks"):
                lost = [x for x in here[page][kind] if x not in there[page][kind]]
                more = [x for x in there[page][kind] if x not in here[page][kind]]
                missing += len(lost)
                for what, items in (("missing", lost), ("more", more)):
                    for item in items:
                        print(f"{language}/{page}: {kind} {what}: {item.splitlines()[0][:80]}")
        blocks = sum(len(page["blocks"]) for page in here.values())
        anchors = sum(len(page["anchors"]) for page in here.values())
        print(f"{language}: {len(here)} pages, {anchors} anchors, {blocks} blocks compared")
    sys.exit(f"{missing} are missing in the Zensical build" if missing else 0)


if __name__ == "__main__":
    main()
