"""Builds a release: both languages, to read online and offline, showing what was tested."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..catalogue import CONFIGS
from ..pdf import chromium
from ..release import VARIABLE, Release
from ..snippet import LANGUAGES
from .plan import RefusedError, git

_PRE = re.compile(r"<pre.*?</pre>", re.DOTALL)


def build(root: Path, release: Release, work: Path, tested: Path) -> None:
    """Build `work/online/<language>/`, each with the archive of its offline copy.

    `tested` holds the site whose blocks the tests have seen.

    Raises:
        RefusedError: a build failed, or shows other blocks than those that were tested.
    """
    ways = {"online": release, "offline": release.to_read_offline()}
    render(root, ways, work)
    for way in ways:
        for language in LANGUAGES:
            if shown(work / way / language) != shown(tested / language):
                raise RefusedError(
                    f"the {way} {language} pages show other blocks than those that were tested"
                )
    when = time.gmtime(int(git("show", "-s", "--format=%ct", release.head, cwd=root)))[:6]
    for language in LANGUAGES:
        archive = work / "online" / language / release.archive(language)
        pack(work / "offline" / language, archive, when)


def render(root: Path, ways: dict[str, Release], work: Path) -> None:
    """Let MkDocs build `work/<way>/<language>/`, side by side, and draw the cards of its pages."""
    for way, release in ways.items():
        release.write(work / f"{way}.json")
    children = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"),
                *("-f", CONFIGS[language], "--site-dir", str(work / way / language)),
            ],
            cwd=root,
            env=os.environ | {VARIABLE: str(work / f"{way}.json")},
        )
        for way in ways
        for language in LANGUAGES
    ]
    codes = [child.wait() for child in children]
    if any(codes):
        raise RefusedError("a build failed, see above")
    if "online" in ways:
        if not chromium():
            raise RefusedError("no Chromium to draw the cards: `apt-get install chromium`")
        sites = [str(work / "online" / language) for language in LANGUAGES]
        cards = (sys.executable, "-m", "cheatsheet.publish.cards", *sites)
        if subprocess.run(cards, cwd=root).returncode:
            raise RefusedError("the cards were not drawn, see above")


def shown(site: Path) -> dict[str, list[str]]:
    """Return the code blocks of each built page, by its address without `.html`."""
    pages = {}
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix().removesuffix(".html").removesuffix("index")
        if blocks := _PRE.findall(path.read_text(encoding="utf-8")):
            pages[page.rstrip("/")] = blocks
    return pages


def pack(folder: Path, archive: Path, when: tuple) -> None:
    """Zip a folder under the archive's own name; the same content gives the same bytes."""
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            if name.startswith("sitemap.xml") or name == "404.html":
                continue
            info = ZipInfo(f"{archive.stem}/{name}", when)
            info.external_attr = 0o644 << 16
            file.writestr(info, path.read_bytes(), ZIP_DEFLATED)
