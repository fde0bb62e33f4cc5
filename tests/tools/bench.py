"""`nox -s bench`: what the site and the tests cost. Numbers, no verdict."""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cheatsheet.catalogue import CONFIGS, Sheet
from cheatsheet.execution import execute, in_child
from cheatsheet.snippet import LANGUAGES

ROOT = Path.cwd()


def build(folder: Path) -> float:
    """Build both languages below `folder` and return the seconds that it took."""
    start = time.perf_counter()
    for language, config in CONFIGS.items():
        subprocess.run(
            [
                *(sys.executable, "-m", "mkdocs", "build", "-q", "-f", config),
                *("--site-dir", str(folder / language)),
            ],
            cwd=ROOT,
            check=True,
            stderr=subprocess.DEVNULL,
        )
    return time.perf_counter() - start


def run(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        execute(path)


def seconds_in_fresh_process(path: Path) -> float:
    start = time.perf_counter()
    in_child(run, path)
    return time.perf_counter() - start


def main() -> None:
    sheet = Sheet.read(ROOT)
    pages = len(sheet.pages) * len(LANGUAGES)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        cold, again = build(site), build(site)
        sizes = {
            path.relative_to(site): path.read_bytes()
            for path in sorted(site.rglob("index.html"))
            if path.parent != site
        }
    print(
        f"{'site, both languages, first build':44}{cold:8.2f} s {1000 * cold / pages:7.0f} ms a page"
    )
    print(f"{'built again':44}{again:8.2f} s {1000 * again / pages:7.0f} ms a page\n")

    print(f"{'page':44}{'KB':>8}{'KB gzip':>10}")
    for path, data in sizes.items():
        print(f"{path.parent!s:44}{len(data) / 1000:8.1f}{len(gzip.compress(data)) / 1000:10.1f}")

    start = time.perf_counter()
    import torch._dynamo  # noqa: F401  every forked child inherits it, optimizers need it

    imported = time.perf_counter() - start
    blocks = [block for block in sheet.blocks if block.kind == "python"]
    times = {block.id: seconds_in_fresh_process(block.path) for block in blocks}
    print(f"\n{'torch imported once':44}{imported:8.2f} s")
    print(f"{f'{len(times)} blocks, a fresh process each':44}{sum(times.values()):8.2f} s")
    print(f"{'a block, median':44}{statistics.median(times.values()):8.3f} s")
    for path, seconds in sorted(times.items(), key=lambda item: -item[1])[:5]:
        print(f"  {path:42}{seconds:8.3f} s")


if __name__ == "__main__":
    main()
