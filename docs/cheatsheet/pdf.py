"""The one page as a PDF, printed by a Chromium of this machine when the site is built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-extensions "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--no-pdf-header-footer --allow-file-access-from-files --virtual-time-budget=5000"
).split()
_DATE = re.compile(rb"(/(?:Creation|Mod)Date \(D:)\d{14}")


def chromium() -> str | None:
    """Return the path of a Chromium: `CHROMIUM`, or the first that is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def printed(browser: str, page: Path, target: Path) -> None:
    """Print a built page, atomically; the same page gives the same bytes.

    Raises:
        OSError: Chromium has printed nothing; the message holds what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "page.pdf")
        done = subprocess.run(
            [
                *(browser, *_OPTIONS, f"--user-data-dir={folder}/profile"),
                *(f"--print-to-pdf={draft}", page.resolve().as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=300,
        )
        if not draft.is_file():
            raise OSError(f"{browser} printed no {target.name}: {done.stderr.strip()}")
        aside = target.with_name(f"{target.name}.draft")
        aside.write_bytes(_DATE.sub(rb"\g<1>20000101000000", draft.read_bytes()))
    os.replace(aside, target)
