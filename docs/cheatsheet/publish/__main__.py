"""The steps of `nox -s publish`: plan, build, deploy."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from ..release import Release
from .build import build
from .deploy import check_untouched, committed, deploy, move
from .plan import BRANCH, LATEST, REMOTE, RefusedError, plan, tip


def take(step: str, root: Path, options: argparse.Namespace) -> None:
    """Take one step; what it leaves for the next stands in build/publish/.

    Raises:
        RefusedError: nothing is published; the message says why.
    """
    work = root / "build" / "publish"
    if step == "plan":
        shutil.rmtree(work, ignore_errors=True)  # of a publish that was killed
        plan(root, options).write(work / "release.json")
        return
    release = Release.read(work / "release.json")
    if step == "build":
        build(root, release, work, root / "build" / "site")
        return
    clone, new = deploy(root, release, work)
    check_untouched(release, clone, new)
    commit = committed(root, release, clone, new)
    if plan(root, options) != release:
        raise RefusedError("the repository changed meanwhile: publish again")
    if os.getppid() != options.session:
        raise RefusedError("the session that started this has ended")
    move(root, release, commit, options.push)
    aliases = f" and {LATEST}" if release.latest else ""
    where = f"{BRANCH} here and on {REMOTE}" if options.push else f"{BRANCH}, not pushed"
    print(f"published {release.name}{aliases} for torch {release.torch}: {where}, {commit[:12]}")
    shutil.rmtree(work, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s publish --")
    parser.add_argument("step", choices=["plan", "build", "deploy"])
    parser.add_argument("--session", type=int, required=True, help="the process that takes steps")
    parser.add_argument("version")
    for flag in ("--push", "--replace", "--cpu-only"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    root = Path.cwd()
    old = tip(root)
    try:
        take(options.step, root, options)
    except (RefusedError, OSError, KeyboardInterrupt) as error:
        shutil.rmtree(root / "build" / "publish", ignore_errors=True)
        reason = {RefusedError: "refused", KeyboardInterrupt: "interrupted"}.get(
            type(error), "failed"
        )
        state = "as it was" if tip(root) == old else "the new one"
        sys.exit(f"publish: {reason}: {error}\n{BRANCH} is {state}.")


if __name__ == "__main__":
    main()
