"""Deploys a built release with mike into a throwaway clone, then moves `gh-pages` once."""

from __future__ import annotations

import os
import re
from contextlib import chdir, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

from ..policy import guarded
from ..release import Release
from ..snippet import LANGUAGES
from .plan import BRANCH, LATEST, REMOTE, RefusedError, git

_XHTML = "http://www.w3.org/1999/xhtml"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def deploy(root: Path, release: Release, work: Path) -> tuple[Path, str]:
    """Let mike deploy both languages into a bare clone; return the clone and its new commit."""
    from mike import commands, git_utils

    sites = {language: work / "online" / language for language in LANGUAGES}
    who = git("var", "GIT_COMMITTER_IDENT", cwd=root)
    name, email = re.match(r"(.*) <(.*)>", who).groups()
    os.environ |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email}  # mike reads them
    clone = work / "pages.git"
    if release.old:
        source = ["--shared", "--single-branch", "--branch", BRANCH, str(root)]
        git("clone", "--quiet", "--bare", *source, str(clone), cwd=root)
    else:
        git("init", "--quiet", "--bare", "--initial-branch", BRANCH, str(clone), cwd=root)
    with chdir(clone), as_refusal(git_utils.GitError):
        for language, folder in sites.items():
            common = {"branch": BRANCH, "message": "deploy", "deploy_prefix": language}
            with commands.deploy(
                {"site_dir": str(folder), "use_directory_urls": True},
                release.name,
                aliases=[LATEST] if release.latest else [],
                update_aliases=True,
                alias_type=commands.AliasType.copy,
                allow_empty=True,
                **common,
            ):
                pass  # it is built
            commands.set_default(release.canonical, allow_empty=True, **common)
        with git_utils.Commit(BRANCH, "root", allow_empty=True) as commit:
            for name, text in root_files(root, release, sites).items():
                commit.add_file(git_utils.FileInfo(name, text))
    return clone, git("rev-parse", BRANCH, cwd=clone)


@contextmanager
def as_refusal(error: type[Exception]):
    try:
        yield
    except error as reason:
        raise RefusedError(str(reason)) from reason


def root_files(root: Path, release: Release, sites: dict[str, Path]) -> dict[str, str]:
    """Return what stands beside the languages: the redirect, the 404 page, the sitemap."""
    home = urlsplit(release.home).path
    place = root / "docs" / "theme" / "assets" / "javascripts" / "place.js"
    first = (root / "docs" / "root" / "index.html").read_text(encoding="utf-8")
    lost = (root / "docs" / "root" / "404.html").read_text(encoding="utf-8")
    lost = lost.replace("__ROOT__", home).replace("__PLACE__", place.read_text(encoding="utf-8"))
    files = {"index.html": guarded(first), "404.html": guarded(lost)}
    if release.canonical in (release.name, LATEST if release.latest else None):
        files["sitemap.xml"] = sitemap(release, sites)
    return files


def sitemap(release: Release, sites: dict[str, Path]) -> str:
    """Return a sitemap of both languages, each page with its alternates."""
    ElementTree.register_namespace("", _SITEMAP)
    ElementTree.register_namespace("xhtml", _XHTML)
    homes = {language: release.canonical_url(language) for language in sites}
    urls = ElementTree.Element(f"{{{_SITEMAP}}}urlset")
    for language, folder in sites.items():
        tree = ElementTree.parse(folder / "sitemap.xml")
        for page in (loc.text for loc in tree.iter(f"{{{_SITEMAP}}}loc")):
            url = ElementTree.SubElement(urls, f"{{{_SITEMAP}}}url")
            ElementTree.SubElement(url, f"{{{_SITEMAP}}}loc").text = page
            for other, home in homes.items():
                href = home + page.removeprefix(homes[language])
                link = {"rel": "alternate", "hreflang": other, "href": href}
                ElementTree.SubElement(url, f"{{{_XHTML}}}link", link)
    ElementTree.indent(urls)
    return ElementTree.tostring(urls, encoding="unicode", xml_declaration=True) + "\n"


def check_untouched(release: Release, clone: Path, new: str) -> None:
    """Refuse a deploy that would change anything of another version."""
    if not release.old:
        return
    mine = re.compile(
        rf"({'|'.join(LANGUAGES)})/({re.escape(release.name)}/|{LATEST}/|versions\.json$"
        r"|index\.html$)|(index|404)\.html$|sitemap\.xml$|\.nojekyll$"
    )
    changed = git("diff-tree", "-r", "--name-only", "-z", release.old, new, cwd=clone).split("\0")
    if strangers := [path for path in changed if path and not mine.match(path)]:
        raise RefusedError(f"this would change other versions: {', '.join(strangers[:5])}")


def committed(root: Path, release: Release, clone: Path, new: str) -> str:
    """Bring the deployed tree here as one commit on top of `gh-pages`, which stays where it is."""
    git("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-gc", str(clone), BRANCH, cwd=root)
    message = f"Publish {release.name}\n\ntorch {release.torch}, from {release.head}"
    parents = ["-p", release.old] if release.old else []
    return git("commit-tree", f"{new}^{{tree}}", *parents, "-m", message, cwd=root)


def move(root: Path, release: Release, commit: str, push: bool) -> None:
    """Move `gh-pages` to a commit, with `push` on the remote first."""
    if push:
        git("push", "--quiet", REMOTE, f"{commit}:refs/heads/{BRANCH}", cwd=root)
    old = release.old or "0" * len(commit)
    git("update-ref", f"refs/heads/{BRANCH}", commit, old, cwd=root)
