"""MkDocs hook for what only Material needs; delete it together with Material.

Languages: links each page to itself in the other language, for readers and search engines.

Stops the build when what it patches is not what it was written for.
"""

from __future__ import annotations

from fnmatch import fnmatch
from urllib.parse import urlsplit

from mkdocs.exceptions import PluginError

from .. import assets
from . import lean

# The bundle: Material reads a sitemap per language on every page to find what the links now say.
_BUNDLE_PATCHES = (("link[rel=alternate]", "link[rel=none]"),)
# Material's own style sheets and script are read in one file with ours.
_BUNDLE = "assets/javascripts/bundle.*.min.js"
_SHEETS = ("assets/stylesheets/main.*.min.css", "assets/stylesheets/palette.*.min.css")
# What no page of ours asks for: Material's search, sources for debugging it, its icon.
_UNUSED = (
    "assets/javascripts/lunr/*",
    "assets/javascripts/workers/*",
    "assets/*.map",
    "assets/images/favicon.png",
)
# The banner of an outdated version: this address is relative, and URL() throws without a base.
_BANNER_PATCHES = (('"),outdated=__md_get(', '",location),outdated=__md_get('),)


def patch(text: str, patches: tuple[tuple[str, str], ...], where: str) -> str:
    """Replace what stands in `text` exactly once, or stop the build."""
    for old, new in patches:
        if text.count(old) != 1:
            raise PluginError(
                f"Material has changed: {old!r} is not once in {where}. "
                f"See whether upstream corrected what is patched here, then adapt {__file__}"
            )
        text = text.replace(old, new)
    return text


def on_config(config) -> None:
    for alternate in config.extra["alternate"]:
        alternate["home"] = alternate["link"]


def on_files(files, config) -> None:
    for pattern in _UNUSED:
        for file in matching(files, pattern):
            files.remove(file)
    bundle, *sheets = (file for name in (_BUNDLE, *_SHEETS) for file in matching(files, name))
    bundle.content_string = patch(bundle.content_string, _BUNDLE_PATCHES, bundle.src_uri)
    for sheet in sheets:
        sheet.content_string = lean.lean(sheet.content_string)
    assets.join(files, config, first=[file.src_uri for file in (*sheets, bundle)])
    assets.icon_in_page(files, config)


def matching(files, pattern: str) -> list:
    """Return the files of the theme that match, or stop the build where there are none."""
    if found := [file for file in files if fnmatch(file.src_uri, pattern)]:
        return found
    raise PluginError(f"Material has changed: no file {pattern}. Adapt {__file__}")


def on_page_context(context, page, config, **_) -> None:
    page.canonical_url = f"{config.site_url or ''}{address(page)}"
    for alternate in config.extra["alternate"]:
        alternate["link"] = alternate["home"] + address(page)


def address(page) -> str:
    """Return a page's address below its language, also when it is built to be read offline."""
    url = page.file.url.removeprefix("./").removesuffix("index.html")
    return f"{url.removesuffix('.html')}/" if url.endswith(".html") else url


def on_post_page(output: str, page, config, **_) -> str:
    """Links for readers stay in the version, those for search engines name the latest."""
    head = '<link rel="alternate" href="{}" hreflang="{}">'
    patches = []
    for alternate in config.extra["alternate"]:
        old = head.format(alternate["link"], alternate["lang"])
        new = head.format(f"{alternate['canonical']}{address(page)}", alternate["lang"])
        patches.append((old, new + (new.replace('"zh"', '"x-default"') if "zh" in old else "")))
    lean.check(output, page.file.src_uri)
    return patch(output, (*patches, *_BANNER_PATCHES), page.file.src_uri)


def on_template_context(context, template_name: str, config) -> None:
    """A 404 page stands in its version, whose files it needs, not in the latest one."""
    if template_name == "404.html":
        homes = {a["lang"]: a["home"] for a in config.extra["alternate"]}
        context["base_url"] = urlsplit(homes[config.theme["language"]]).path


def on_post_template(output_content: str, template_name: str, **_) -> str | None:
    if template_name != "404.html":
        return None
    return patch(output_content, _BANNER_PATCHES, template_name)
