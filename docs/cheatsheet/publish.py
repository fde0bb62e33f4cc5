"""`nox -s publish -- 2.14`: the only door to `gh-pages`, the branch that readers see.

Lints, tests, checks the receipts and builds; mike then deploys both languages in a bare clone
below `build/`. The branch moves once, at the end. Until then nothing of this repository is
written, so a failure or a kill at any moment leaves it as it was.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.version import Version

from . import receipts
from .pages import CONFIGS
from .snippet import LANGUAGES, ROOT

BRANCH = "gh-pages"
REMOTE = "origin"
LATEST = "latest"
BUILD = ROOT / "build"
_PARENT = os.getppid()
_signals: list[int] = []
_PRE = re.compile(r"<pre.*?</pre>", re.DOTALL)
_XHTML = "http://www.w3.org/1999/xhtml"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


class RefusedError(Exception):
    """Why nothing is published, and what to do about it."""


@dataclass(frozen=True)
class Plan:
    """What is published: `name` is the version that readers see, such as 2.14 for torch 2.14.1."""

    name: str
    torch: str
    prerelease: bool
    latest: bool
    canonical: str
    unverified: int
    blocks: int
    head: str
    old: str | None
    home: str
    repository: str


def name_of(torch: str) -> tuple[str, bool]:
    """Return the name under which a torch release is published, and whether it is a pre-release.

    Raises:
        RefusedError: a nightly build, which is no release that readers could install.
    """
    version = Version(torch)
    if version.is_devrelease:
        raise RefusedError(
            f"torch {torch} is a nightly build: install a release or a release candidate"
        )
    return f"{version.major}.{version.minor}" + "rc" * version.is_prerelease, version.is_prerelease


def git(*arguments: str, cwd: Path = ROOT, ok: bool = False) -> str:
    """Run git and return what it prints, nothing where it fails and `ok` allows that.

    Raises:
        RefusedError: git failed, in its own words.
    """
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True)
    if done.returncode and ok:
        return ""
    if done.returncode:
        raise RefusedError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def plan(options: argparse.Namespace) -> Plan:
    """Look at the repository, the receipts and torch; change nothing.

    Raises:
        RefusedError: a reason not to publish.
    """
    torch = Version(installed_version("torch")).public
    name, prerelease = name_of(torch)
    if options.version != name:
        raise RefusedError(
            f"torch {torch} is installed, and its version is called {name}, not {options.version}. "
            f"To publish another, pin its torch in pyproject.toml, then `nox -s lock` and "
            f"`nox -s test -- --record`"
        )
    if torch != receipts.pinned_torch():
        raise RefusedError(
            f"torch {torch} is installed and {receipts.pinned_torch()} is pinned: run "
            "`nox -s test --install-only`"
        )
    git("var", "GIT_COMMITTER_IDENT")
    if dirty := git("status", "--porcelain"):
        raise RefusedError(f"the working tree is not clean: commit or remove this first\n{dirty}")
    if f"branch refs/heads/{BRANCH}\n" in git("worktree", "list", "--porcelain") + "\n":
        raise RefusedError(f"{BRANCH} is checked out: switch that worktree to another branch first")
    if target := git("symbolic-ref", "--quiet", f"refs/heads/{BRANCH}", ok=True):
        raise RefusedError(f"{BRANCH} is another name of {target}: make it a branch of its own")
    old = git("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}", ok=True) or None
    check_remote(old, options.push)
    known = known_versions(old)
    if name in known and not options.replace:
        raise RefusedError(f"version {name} is published already: `--replace` publishes it anew")
    releases = [Version(v) for v in known if not v.endswith("rc")]
    latest = not prerelease and all(Version(name) >= v for v in releases)

    cpu, blocks = receipts.count("cpu")
    if cpu < blocks:
        raise RefusedError(
            f"{blocks - cpu} of {blocks} blocks have no valid CPU receipt, and their pages would "
            "say so: run `nox -s test -- --record` and commit snippets/receipts/"
        )
    cuda, _ = receipts.count("cuda")
    if cuda < blocks and not options.cpu_only:
        raise RefusedError(
            f"{blocks - cuda} of {blocks} blocks have no valid CUDA receipt: record them on a "
            "machine with a GPU (`nox -s test -- --device cuda --record`), or publish with "
            "`--cpu-only`, and every page says so"
        )
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    return Plan(
        name,
        torch,
        prerelease,
        latest,
        LATEST if latest or releases else name,
        blocks - cuda,
        blocks,
        git("rev-parse", "HEAD"),
        old,
        urls["homepage"].rstrip("/") + "/",
        urls["repository"].rstrip("/"),
    )


def check_remote(old: str | None, push: bool) -> None:
    """Refuse when `gh-pages` here lacks what the remote has published."""
    if REMOTE not in git("remote").split():
        if push:
            raise RefusedError(f"there is no remote {REMOTE} to push to")
        return
    asked = subprocess.run(
        ["git", "ls-remote", "--heads", REMOTE, f"refs/heads/{BRANCH}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
    )
    if asked.returncode:
        if push:
            raise RefusedError(f"{REMOTE} does not answer: {asked.stderr.strip()}")
        print(f"publish: {REMOTE} does not answer, its last known {BRANCH} is compared", flush=True)
        tracked = f"refs/remotes/{REMOTE}/{BRANCH}"
        there = git("rev-parse", "--verify", "--quiet", tracked, ok=True)
    else:
        there = asked.stdout.partition("\t")[0]
    if there and not old:
        raise RefusedError(
            f"{REMOTE} has {BRANCH} and this clone has not: git fetch {REMOTE} {BRANCH}:{BRANCH}"
        )
    if there and git("merge-base", there, old, ok=True) != there:
        raise RefusedError(
            f"{BRANCH} is stale: {REMOTE} has published what is not in it. "
            f"Run git fetch {REMOTE} {BRANCH}:{BRANCH}; where git refuses that too, both have "
            f"moved, and git branch -f {BRANCH} {REMOTE}/{BRANCH} drops what was never pushed"
        )


def known_versions(commit: str | None) -> list[str]:
    """Return the versions that a commit of `gh-pages` holds, in any language."""
    found = []
    for language in LANGUAGES if commit else ():
        text = git("show", f"{commit}:{language}/versions.json", ok=True) or "[]"
        found += [v["version"] for v in json.loads(text) if v["version"] not in found]
    return found


def variables(plan: Plan, offline: bool) -> dict[str, str]:
    """Return what `mkdocs.yml` reads from the environment."""
    root = plan.home if offline else urlsplit(plan.home).path
    env = {
        "NO_MKDOCS_2_WARNING": "1",
        "VERSION_PROVIDER": "" if offline else "mike",
        "OFFLINE": str(offline).lower(),
        "PRERELEASE": plan.torch if plan.prerelease else "",
        "UNVERIFIED": str(plan.unverified),
        "BLOCKS": str(plan.blocks),
        "SOURCE_URL": f"{plan.repository}/blob/{plan.head}/snippets/",
    }
    for language in LANGUAGES:
        suffix = language.upper()
        env[f"SITE_URL_{suffix}"] = f"{plan.home}{language}/{plan.canonical}/"
        env[f"SITE_{suffix}"] = f"{root}{language}/{plan.name}/"
        env[f"EDIT_URL_{suffix}"] = f"{plan.repository}/edit/main/docs/{language}/"
        env[f"ARCHIVE_{suffix}"] = "" if offline else archive_name(plan, language)
    return env


def archive_name(plan: Plan, language: str) -> str:
    return f"pytorch-cheatsheet-{language}-{plan.name}.zip"


def build(plan: Plan, work: Path, run) -> dict[str, Path]:
    """Build both languages, each with the archive of its offline copy; return their folders."""
    builds = {(la, way): work / way / la for la in LANGUAGES for way in ("offline", "online")}
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    run(
        *(
            (
                [*mkdocs, "-f", CONFIGS[language], "--site-dir", str(folder)],
                os.environ | variables(plan, offline=way == "offline"),
            )
            for (language, way), folder in builds.items()
        )
    )
    for (language, way), folder in builds.items():
        if shown(folder) != shown(BUILD / "site" / language):
            raise RefusedError(
                f"the {way} {language} pages show other blocks than those that were tested"
            )
    when = time.gmtime(int(git("show", "-s", "--format=%ct", plan.head)))[:6]
    for language in LANGUAGES:
        archive = builds[language, "online"] / archive_name(plan, language)
        pack(builds[language, "offline"], archive, when)
    return {language: builds[language, "online"] for language in LANGUAGES}


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
            if name.startswith("sitemap.xml") or name in ("404.html", "search/search_index.json"):
                continue
            info = ZipInfo(f"{archive.stem}/{name}", when)
            info.external_attr = 0o644 << 16
            file.writestr(info, path.read_bytes(), ZIP_DEFLATED)


def deploy(plan: Plan, sites: dict[str, Path], work: Path) -> tuple[Path, str]:
    """Let mike deploy both languages into a bare clone; return the clone and its new commit."""
    from mike import commands, git_utils

    name, email = re.match(r"(.*) <(.*)>", git("var", "GIT_COMMITTER_IDENT")).groups()
    os.environ |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email}  # mike reads them
    clone = work / "pages.git"
    if plan.old:
        source = ["--shared", "--single-branch", "--branch", BRANCH, str(ROOT)]
        git("clone", "--quiet", "--bare", *source, str(clone))
    else:
        git("init", "--quiet", "--bare", "--initial-branch", BRANCH, str(clone))
    with chdir(clone), as_refusal(git_utils.GitError):
        for language, folder in sites.items():
            common = {"branch": BRANCH, "message": "deploy", "deploy_prefix": language}
            with commands.deploy(
                {"site_dir": str(folder), "use_directory_urls": True},
                plan.name,
                aliases=[LATEST] if plan.latest else [],
                update_aliases=True,
                alias_type=commands.AliasType.copy,
                allow_empty=True,
                **common,
            ):
                pass  # it is built
            commands.set_default(plan.canonical, allow_empty=True, **common)
        with git_utils.Commit(BRANCH, "root", allow_empty=True) as commit:
            files = root_files(plan, sites) | {
                f"{language}/versions.json": in_order(
                    git("show", f"{BRANCH}:{language}/versions.json", cwd=clone)
                )
                for language in sites
            }
            for name, text in files.items():
                commit.add_file(git_utils.FileInfo(name, text))
    return clone, git("rev-parse", BRANCH, cwd=clone)


def in_order(versions: str) -> str:
    """Sort mike's list, newest first; by itself it puts 2.15rc above 2.15."""
    known = sorted(json.loads(versions), key=lambda v: Version(v["version"]), reverse=True)
    return json.dumps(known, indent=2) + "\n"


@contextmanager
def as_refusal(error: type[Exception]):
    try:
        yield
    except error as reason:
        raise RefusedError(str(reason)) from reason


def root_files(plan: Plan, sites: dict[str, Path]) -> dict[str, str]:
    """Return what stands beside the languages: the redirect, the 404 page, the sitemap."""
    root = urlsplit(plan.home).path
    place = f"{root}{LANGUAGES[0]}/{plan.canonical}/assets/javascripts/place.js"
    lost = (ROOT / "docs" / "root" / "404.html").read_text(encoding="utf-8")
    files = {
        "index.html": (ROOT / "docs" / "root" / "index.html").read_text(encoding="utf-8"),
        "404.html": lost.replace("__ROOT__", root).replace("__PLACE__", place),
    }
    if plan.canonical in (plan.name, LATEST if plan.latest else None):
        files["sitemap.xml"] = sitemap(plan, sites)
    return files


def sitemap(plan: Plan, sites: dict[str, Path]) -> str:
    """Return a sitemap of both languages, each page with its alternates."""
    ElementTree.register_namespace("", _SITEMAP)
    ElementTree.register_namespace("xhtml", _XHTML)
    homes = {language: f"{plan.home}{language}/{plan.canonical}/" for language in sites}
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


def check_untouched(plan: Plan, clone: Path, new: str) -> None:
    """Refuse a deploy that would change anything of another version."""
    if not plan.old:
        return
    mine = re.compile(
        rf"({'|'.join(LANGUAGES)})/({re.escape(plan.name)}/|{LATEST}/|versions\.json$|index\.html$)"
        r"|(index|404)\.html$|sitemap\.xml$|\.nojekyll$"
    )
    changed = git("diff-tree", "-r", "--name-only", "-z", plan.old, new, cwd=clone).split("\0")
    if strangers := [path for path in changed if path and not mine.match(path)]:
        raise RefusedError(f"this would change other versions: {', '.join(strangers[:5])}")


def move(plan: Plan, clone: Path, new: str, push: bool) -> str:
    """Put the deployed tree on `gh-pages` as one commit, here and with `push` on the remote."""
    git("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-gc", str(clone), BRANCH)
    message = f"Publish {plan.name}\n\ntorch {plan.torch}, from {plan.head}"
    parents = ["-p", plan.old] if plan.old else []
    commit = git("commit-tree", f"{new}^{{tree}}", *parents, "-m", message)
    check_alive()
    if push:
        git("push", "--quiet", REMOTE, f"{commit}:refs/heads/{BRANCH}")
    git("update-ref", f"refs/heads/{BRANCH}", commit, plan.old or "0" * len(commit))
    return commit


def check_alive() -> None:
    """Stop where it is safe: after a signal, or when the session that started this is gone."""
    if _signals:
        raise KeyboardInterrupt(signal.Signals(_signals[0]).name)
    if os.getppid() != _PARENT:
        raise KeyboardInterrupt("the session that started this has ended")


@contextmanager
def locked():
    """Hold the lock of this repository's `gh-pages`; children inherit it, so it outlives a kill."""
    path = Path(git("rev-parse", "--path-format=absolute", "--git-common-dir")) / "publish.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError("another publish is running: wait for its end") from None
        yield lock.fileno()


def runner(lock: int):
    """Return a function that runs commands side by side, each with an environment.

    It raises RefusedError when one fails, and then, or on a signal, ends all that they have started.
    """

    def run(*commands: tuple[list[str], dict[str, str] | None]) -> None:
        children = [
            subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, pass_fds=[lock])
            for command, env in commands
        ]
        try:
            while any(child.poll() is None for child in children):
                time.sleep(0.05)
                check_alive()
                if failed := [child for child in children if child.poll()]:
                    raise RefusedError(f"{' '.join(failed[0].args[2:6])} failed, see above")
        finally:
            for child in children:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGTERM)
                    child.wait()

    return run


def publish(options: argparse.Namespace) -> None:
    """Publish a version, or raise RefusedError and change nothing."""
    seconds = {}

    @contextmanager
    def stage(name: str):
        check_alive()
        print(f"publish: {name}", flush=True)
        start = time.perf_counter()
        yield
        seconds[name] = time.perf_counter() - start

    with locked() as lock:
        run = runner(lock)
        nox = [sys.executable, "-m", "nox", "-s"]
        with stage("check"):
            what = plan(options)
        with stage("lint"):
            run(([*nox, "lint"], None))
        with stage("test"):
            run(([*nox, "test", "--", "--device", "cpu"], None))
        BUILD.mkdir(exist_ok=True)
        for leftover in BUILD.glob("publish-*"):  # of a publish that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="publish-", dir=BUILD) as folder:
            work = Path(folder)
            with stage("build"):
                sites = build(what, work, run)
            with stage("deploy"):
                clone, new = deploy(what, sites, work)
                check_untouched(what, clone, new)
            with stage("move"):
                if plan(options) != what:
                    raise RefusedError("the repository changed meanwhile: publish again")
                commit = move(what, clone, new, options.push)
    for name, spent in [*seconds.items(), ("total", sum(seconds.values()))]:
        print(f"  {name:10}{spent:8.1f} s")
    aliases = f" and {LATEST}" if what.latest else ""
    where = f"{BRANCH} here and on {REMOTE}" if options.push else f"{BRANCH}, not pushed"
    print(f"published {what.name}{aliases} for torch {what.torch}: {where}, {commit[:12]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s publish --")
    parser.add_argument("version")
    for flag in ("--push", "--replace", "--cpu-only"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: _signals.append(number))
    branch = ("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}")
    old = git(*branch, ok=True)
    try:
        publish(options)
    except (RefusedError, OSError, KeyboardInterrupt) as error:
        reason = {RefusedError: "refused", KeyboardInterrupt: "interrupted"}.get(
            type(error), "failed"
        )
        state = "as it was" if git(*branch, ok=True) == old else "the new one"
        sys.exit(f"publish: {reason}: {error}\n{BRANCH} is {state}.")


if __name__ == "__main__":
    main()
