"""How MkDocs gets the catalogue: its pages expanded, its navigation in one language.

`docs/hook.py` names these functions, so that a plain `mkdocs serve` or `mkdocs build` in a checkout
needs no installed package of ours.
"""

from __future__ import annotations

import logging
from fnmatch import fnmatch
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

from . import extras, notebook_page, pdf, take
from .catalogue import NOTEBOOK, Sheet, named
from .code import hanging, lighter
from .expand import Expanded, Expander
from .figures import reserve
from .lint.rules import problems
from .policy import guard
from .release import Release
from .search import Script
from .snippet import SourceError, essential_lines

ROOT = Path(__file__).resolve().parents[2]
SHEET = "sheet"
LOG = logging.getLogger("mkdocs.plugins.cheatsheet")
_expander: Expander | None = None
_search: Script | None = None
_files = None
_serving = False


def on_startup(command, dirty) -> None:
    global _serving
    _serving = command == "serve"


@event_priority(100)  # before the plugins look at what a release changes
def on_config(config):
    """Read the sources anew for each build, and stop at the first fault of theirs."""
    global _expander, _search
    release = Release.of_this_build()
    if found := problems(ROOT):
        raise PluginError("\n".join(map(str, found)))
    sheet = Sheet.read(ROOT)
    _expander = Expander(sheet, release, pdf=_browser(sheet, release) is not None)
    _search = Script.of(sheet, config.theme["language"])
    config.extra["search"] = _search.address
    if release:
        _set(config, release)
    return config


def _browser(sheet: Sheet, release: Release | None) -> str | None:
    """Return what prints the one page; only a release cannot do without."""
    if _serving or all(page.name != SHEET for page in sheet.pages):
        return None
    browser = pdf.chromium()
    if release and not browser:
        raise PluginError("no Chromium to print the sheet: `apt-get install chromium`")
    if not browser:
        LOG.info("No Chromium here: sheet.pdf is not made, and no page links to it")
    return browser


def _set(config, release: Release) -> None:
    language = config.theme["language"]
    config.site_url = release.canonical_url(language)
    config.edit_uri_template = None
    config.edit_uri = f"{release.repository}/edit/main/docs/{language}/"
    config.use_directory_urls = not release.offline  # no server adds index.html to an address
    config.extra["version"]["provider"] = "" if release.offline else "mike"
    config.extra["cards"] = release.cards(language)
    config.extra["prerelease"] = release.torch if release.prerelease else ""
    config.extra["unverified"], config.extra["blocks"] = release.unverified, release.blocks
    for alternate in config.extra["alternate"]:
        alternate["link"] = release.link(alternate["lang"])
        alternate["canonical"] = release.canonical_url(alternate["lang"])


def on_files(files, config):
    """Add the files of the blocks, the gallery's figures, and what is made beside the pages.

    Of the cards stays the one that pages of this build name.
    """
    global _files
    _files, language = files, config.theme["language"]
    for file in [file for file in files if fnmatch(file.src_uri, "assets/images/card-*.png")]:
        if config.extra["cards"] or f"card-{language}." not in file.src_uri:
            files.remove(file)
    for page in _expander.sheet.pages:
        for name, code in _expander.downloads(page, language).items():
            files.append(File.generated(config, name, content=code))
    for notebook in _expander.sheet.notebooks:
        for file in notebook_page.files_of(notebook, language, config):
            files.append(file)
    for name, text in extras.files(_expander, language).items():
        files.append(File.generated(config, name, content=text))
    if _expander.pdf:
        files.append(File.generated(config, "sheet.pdf", content=b""))  # printed in the end
    return files


def on_nav(nav, config, files):
    """Keep the half of each chapter's name that is in the language of this build."""

    language = config.theme["language"]

    def rename(items) -> None:
        for item in items:
            if item.is_section or (item.is_page and " | " in (item.title or "")):
                item.title = named(ROOT / "mkdocs.yml", item.title)[language]
            rename(item.children or [])

    rename(nav.items)
    return nav


def on_page_markdown(markdown, page, config, files):
    """Return the page as the one expansion displays it."""
    name = page.file.src_uri.removesuffix(".md")
    if name.endswith(NOTEBOOK):
        return markdown
    try:
        found = _expander.sheet.page(name)
        return _with_essential_lines(_expander.page(found, config.theme["language"], markdown))
    except SourceError as error:
        raise PluginError(str(error)) from error


def _with_essential_lines(expanded: Expanded) -> str:
    """Let the highlighter mark the essential lines; the code stays as it is."""
    lines = expanded.text.split("\n")
    for number, block in expanded.blocks:
        if marked := essential_lines(block.source) if block.essential else []:
            lines[number - 1] += f' hl_lines="{" ".join(map(str, marked))}"'
    return "\n".join(lines)


def on_page_context(context, page, config, nav):
    """Name the entries before and after those of a page, for the keys `p` and `n`."""
    sheet = _expander.sheet
    order = [p.name for p in sheet.pages]
    if page.file.src_uri.endswith(NOTEBOOK):
        return context
    here = order.index(page.file.src_uri.removesuffix(".md"))
    topics = [(order.index(topic.name), topic) for topic in sheet.topics]
    before = [topic for at, topic in topics if at < here]
    after = [topic for at, topic in topics if at > here]
    context["has_entries"] = here in dict(topics)
    context["previous_entry"] = _address(before[-1].entries[-1], page) if before else ""
    context["next_entry"] = _address(after[0].entries[0], page) if after else ""
    return context


def _address(entry, page) -> str:
    file = _files.get_file_from_path(f"{entry.page}.md")
    return f"{file.url_relative_to(page.file)}#{entry.anchor}"


def on_page_content(html, page, config, files):
    """Show notebooks as pages, offer to take a page away, shorten contents, let lines hang."""
    language = config.theme["language"]
    for notebook in _expander.sheet.notebooks:
        if page.file.src_uri == f"{notebook.name}{NOTEBOOK}":
            html = notebook_page.show(page, notebook, language, files)
    html = take.with_row(html, page, _expander, language)
    if depth := page.meta.get("toc_depth"):
        _shorten(page.toc.items, depth)
    return hanging(lighter(html))


@event_priority(-100)  # whatever else writes or changes a page has done so
def on_post_build(config):
    """Write what the search box loads and what can be taken away; let each page say what it loads."""
    site, release = Path(config.site_dir), Release.of_this_build()
    _search.write(site)
    take.write(site, _expander, config.theme["language"], config.site_url)
    if _expander.pdf:
        page = site / (f"{SHEET}/index.html" if config.use_directory_urls else f"{SHEET}.html")
        try:
            pdf.printed(pdf.chromium(), page, site / "sheet.pdf")
        except OSError as error:
            raise PluginError(str(error)) from error
    reserve(site)
    guard(site, offline=bool(release and release.offline))


def _shorten(items, depth: int) -> None:
    for item in items:
        if item.level >= depth:
            item.children = []
        _shorten(item.children, depth)
