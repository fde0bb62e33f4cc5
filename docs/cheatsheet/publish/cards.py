"""Draws what a message or a post shows of each page that it links to: title and description.

`python -m cheatsheet.publish.cards SITE…` draws the card that each page of a built site names, with
a Chromium of this machine and nothing of the network.
"""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path

from ..pdf import chromium

WIDTH, HEIGHT = 1200, 630
_SAID = re.compile(r'<meta property="og:(\w+)" content="([^"]*)">')
_MARK = Path(__file__).resolve().parents[2] / "theme" / "assets" / "images" / "favicon.svg"
_CARD = """<!doctype html><html lang="{language}"><meta charset="utf-8"><style>
body {{ display: flex; flex-direction: column; box-sizing: border-box; width: 1200px; height: 630px;
  margin: 0; padding: 64px 90px 0; overflow: hidden; border-bottom: 24px solid #b8360f;
  color: #222; background: #fff; font-family: "Noto Sans CJK SC", "Noto Sans", sans-serif; }}
header {{ display: flex; align-items: center; gap: 24px; color: #b8360f; font-size: 34px; }}
svg {{ width: 84px; height: 84px; }}
h1 {{ margin: 52px 0 28px; font-size: 76px; line-height: 1.2; text-wrap: balance; }}
p {{ margin: 0; color: #444; font-size: 38px; line-height: 1.5;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: {lines}; overflow: hidden; }}
</style><header>{mark}{site_name}</header><h1>{title}</h1><p>{description}</p>"""


def draw(sites: list[Path]) -> None:
    """Draw the card of each page below `sites` that names one in `assets/cards/`."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    mark = _MARK.read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for site in sites:
            for path in sorted(site.rglob("*.html")):
                said = dict(_SAID.findall(path.read_text(encoding="utf-8")))
                _, cards, name = said.get("image", "").partition("/assets/cards/")
                if not cards:
                    continue
                lines = 3 if len(said["title"]) > 24 else 4
                text = {key: html.escape(html.unescape(value)) for key, value in said.items()}
                tab.set_content(_CARD.format(language=site.name, mark=mark, lines=lines, **text))
                drawn = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
                target = site / "assets" / "cards" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                drawn.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
        browser.close()


if __name__ == "__main__":
    draw([Path(site) for site in sys.argv[1:]])
