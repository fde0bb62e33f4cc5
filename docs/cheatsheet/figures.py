"""Figures whose room is known before they are there, so that nothing moves when they come."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_IMAGE = re.compile(r'<img(?![^>]*\swidth=)([^>]*?\ssrc="([^":]+\.svg)"[^>]*)>')
_BOX = re.compile(r'<svg[^>]*\sviewBox="0 0 ([\d.]+) ([\d.]+)"')


def reserve(site: Path) -> None:
    """Give each SVG image of each page below `site` the width and the height of its drawing."""
    size = cache(_size)
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        sized = _IMAGE.sub(
            lambda image, path=path: f"<img{size((path.parent / image[2]).resolve())}{image[1]}>",
            page,
        )
        if sized != page:
            path.write_text(sized, encoding="utf-8")


def _size(drawing: Path) -> str:
    if drawing.is_file() and (box := _BOX.search(drawing.read_text(encoding="utf-8"))):
        width, height = (round(float(side) * 4 / 3) for side in box.groups())  # from points
        return f' width="{width}" height="{height}"'
    return ""
