"""The home page: the chapters with their entries, and the way to the offline copy."""

from __future__ import annotations

from ..catalogue import Sheet
from ..release import Release

ARCHIVE = {
    "zh": '<a href="{0}" download>下载整个网站</a>，解压后打开 `index.html` 即可离线阅读，搜索照常可用。',
    "en": '<a href="{0}" download>Download the whole site</a>, unpack it, and open `index.html` '
    "to read and search it offline.",
}


def archive(release: Release | None, language: str) -> str:
    """Return a link to the offline copy of a published version, nothing for any other build."""
    if not release or release.offline:
        return ""
    return ARCHIVE[language].format(release.archive(language))


def chapters(sheet: Sheet, language: str) -> str:
    """Return a card per page with a link to each of its entries."""
    comma = {"zh": "、", "en": ", "}[language]
    cards = ['<div class="grid cards" markdown>', ""]
    for page in sheet.pages:
        if page.name in ("index", "contributing", "verification"):
            continue
        top = page.written[language].sections[0].anchor
        cards += [f"- **[{page.title(language)}]({page.name}.md#{top})**", ""]
        links = [f"[{e.title(language)}]({page.name}.md#{e.anchor})" for e in page.entries]
        cards += [f"    {comma.join(links) or page.written[language].description}", ""]
    return "\n".join([*cards, "</div>"])
