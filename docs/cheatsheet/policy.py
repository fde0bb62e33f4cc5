"""What a page may load, said by the page itself: its own site, and the scripts that stand in it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import unescape
from pathlib import Path

_SCRIPT = re.compile(r"<script(?P<tag>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_STYLED = re.compile(r"<[a-z][^<>]*?\sstyle=(?:\"([^\"]*)\"|'([^']*)')")
_CHARSET = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)
_SAID = '<meta http-equiv="Content-Security-Policy"'


def guard(site: Path, offline: bool = False) -> None:
    """Give every page below `site` its policy, once all else of it is written."""
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        path.write_text(guarded(page, offline), encoding="utf-8")


def guarded(page: str, offline: bool = False) -> str:
    """Return a page with its policy right below its charset, before anything that it governs."""
    if _SAID in page:
        return page
    meta = f'{_SAID} content="{policy(page, offline)}">'
    return _CHARSET.sub(lambda charset: charset[0] + meta, page, count=1)


def policy(page: str, offline: bool = False) -> str:
    """Return the policy of a page: `self`, and by their hashes what stands in the page.

    Offline, `self` is `file:`, which browsers do not agree to be one place; `data:` are the icons in the style sheet.
    """
    inline = [
        script["text"]
        for script in _SCRIPT.finditer(page)
        if not re.search(r"\ssrc=|application/(ld\+)?json", script["tag"])
    ]
    attributes = [unescape(a or b) for a, b in _STYLED.findall(_SCRIPT.sub("", page))]
    styles = [*_STYLE.findall(page), *attributes]
    own = "'self' file:" if offline else "'self'"
    hashed = ["'unsafe-hashes'"] if attributes else []
    return "; ".join(
        [
            f"default-src {own}",
            " ".join([f"script-src {own}", *_hashes(inline)]),
            " ".join([f"style-src {own}", *hashed, *_hashes(styles)]),
            f"img-src {own} data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def _hashes(texts: list[str]) -> list[str]:
    digests = (hashlib.sha256(text.encode()).digest() for text in dict.fromkeys(texts))
    return [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
