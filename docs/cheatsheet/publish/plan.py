"""What is to be published, and every reason not to; changes nothing."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from importlib.metadata import version as installed_version
from pathlib import Path

from packaging.version import Version

from ..catalogue import Sheet
from ..receipts import FOLDER, Receipts
from ..release import Release, pinned_torch, project
from ..snippet import LANGUAGES

BRANCH = "gh-pages"
REMOTE = "origin"
LATEST = "latest"


class RefusedError(Exception):
    """Why nothing is published, and what to do about it."""


def git(*arguments: str, cwd: Path, ok: bool = False) -> str:
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


def tip(root: Path) -> str | None:
    """Return the commit of `gh-pages` here, None where there is none."""
    branch = ("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}")
    return git(*branch, cwd=root, ok=True) or None


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


def plan(root: Path, options: argparse.Namespace) -> Release:
    """Look at the repository, the receipts and torch.

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
    if torch != (pinned := pinned_torch(root)):
        raise RefusedError(
            f"torch {torch} is installed and {pinned} is pinned: run `nox -s test --install-only`"
        )
    git("var", "GIT_COMMITTER_IDENT", cwd=root)
    if dirty := git("status", "--porcelain", cwd=root):
        raise RefusedError(f"the working tree is not clean: commit or remove this first\n{dirty}")
    trees = git("worktree", "list", "--porcelain", cwd=root)
    if f"branch refs/heads/{BRANCH}\n" in f"{trees}\n":
        raise RefusedError(f"{BRANCH} is checked out: switch that worktree to another branch first")
    if target := git("symbolic-ref", "--quiet", f"refs/heads/{BRANCH}", cwd=root, ok=True):
        raise RefusedError(f"{BRANCH} is another name of {target}: make it a branch of its own")
    old = tip(root)
    check_remote(root, old, options.push)
    known = known_versions(root, old)
    if name in known and not options.replace:
        raise RefusedError(f"version {name} is published already: `--replace` publishes it anew")
    releases = [Version(v) for v in known if not v.endswith("rc")]
    latest = not prerelease and all(Version(name) >= v for v in releases)
    unverified, blocks = check_receipts(root, options.cpu_only)
    urls = project(root)["project"]["urls"]
    return Release(
        name=name,
        torch=torch,
        prerelease=prerelease,
        latest=latest,
        canonical=LATEST if latest or releases else name,
        unverified=unverified,
        blocks=blocks,
        head=git("rev-parse", "HEAD", cwd=root),
        old=old,
        home=urls["homepage"].rstrip("/") + "/",
        repository=urls["repository"].rstrip("/"),
    )


def check_receipts(root: Path, cpu_only: bool) -> tuple[int, int]:
    """Return how many blocks CUDA has not verified with the pinned torch, and how many run.

    Raises:
        RefusedError: receipts of the pinned torch are missing.
    """
    receipts = Receipts.read(Sheet.read(root))
    cpu, blocks = receipts.count("cpu")
    if cpu < blocks:
        raise RefusedError(
            f"{blocks - cpu} of {blocks} blocks have no valid CPU receipt, and their pages would "
            f"say so: run `nox -s test -- --record` and commit {FOLDER}/"
        )
    cuda, _ = receipts.count("cuda")
    if cuda < blocks and not cpu_only:
        raise RefusedError(
            f"{blocks - cuda} of {blocks} blocks have no valid CUDA receipt: record them on a "
            "machine with a GPU (`nox -s test -- --device cuda --record`), or publish with "
            "`--cpu-only`, and every page says so"
        )
    return blocks - cuda, blocks


def check_remote(root: Path, old: str | None, push: bool) -> None:
    """Refuse when `gh-pages` here lacks what the remote has published."""
    if REMOTE not in git("remote", cwd=root).split():
        if push:
            raise RefusedError(f"there is no remote {REMOTE} to push to")
        return
    asked = subprocess.run(
        ["git", "ls-remote", "--heads", REMOTE, f"refs/heads/{BRANCH}"],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
    )
    if asked.returncode:
        if push:
            raise RefusedError(f"{REMOTE} does not answer: {asked.stderr.strip()}")
        print(f"publish: {REMOTE} does not answer, its last known {BRANCH} is compared", flush=True)
        tracked = f"refs/remotes/{REMOTE}/{BRANCH}"
        there = git("rev-parse", "--verify", "--quiet", tracked, cwd=root, ok=True)
    else:
        there = asked.stdout.partition("\t")[0]
    if there and not old:
        raise RefusedError(
            f"{REMOTE} has {BRANCH} and this clone has not: git fetch {REMOTE} {BRANCH}:{BRANCH}"
        )
    if there and git("merge-base", there, old, cwd=root, ok=True) != there:
        raise RefusedError(
            f"{BRANCH} is stale: {REMOTE} has published what is not in it. "
            f"Run git fetch {REMOTE} {BRANCH}:{BRANCH}; where git refuses that too, both have "
            f"moved, and git branch -f {BRANCH} {REMOTE}/{BRANCH} drops what was never pushed"
        )


def known_versions(root: Path, commit: str | None) -> list[str]:
    """Return the versions that a commit of `gh-pages` holds, in any language."""
    found = []
    for language in LANGUAGES if commit else ():
        text = git("show", f"{commit}:{language}/versions.json", cwd=root, ok=True) or "[]"
        found += [v["version"] for v in json.loads(text) if v["version"] not in found]
    return found
