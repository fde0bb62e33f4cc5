"""A reader in Debian's Chromium, on a site served from this machine; nothing else is reached.

The verbs are what a reader does. What the theme calls things stands in this file alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cheatsheet.publish.preview import serving

ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PATIENCE = 120_000  # milliseconds: what never comes ends a test, a busy machine does not
LANGUAGE_MENU = ".md-header .md-select"
VERSION_MENU = ".md-version"
SEARCH = "dialog.search"
HIT = ".search__hit"
NOTICE = "[data-md-component=announce] .md-banner"
OUTDATED = ".md-banner--warning"
BLOCK = "article .highlight"
COPY = "button[data-copy=block]"
UNDER = "xpath=following::p[contains(@class, 'snippet')][1]"

# What a reader sees, as the browser computes it.
CONTRAST = """where => {
  const rgba = color => {
    const context = document.createElement('canvas').getContext('2d')
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1]
  const light = color => color.slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = element => {
    if (!element) return [255, 255, 255, 1]
    const color = rgba(getComputedStyle(element).backgroundColor)
    return color[3] === 1 ? color : over(color, behind(element.parentElement))
  }
  const ratios = [...document.querySelectorAll(where)].map(element => {
    const style = getComputedStyle(element)
    if (style.visibility !== 'visible' || style.opacity !== '1' || !element.offsetWidth) return 0
    const ground = behind(element)
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)]
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  })
  return Math.min(...ratios)
}"""
SHALLOW = """[...document.querySelectorAll('article :is(.highlight code, .sheet .code)')].flatMap(code => {
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
  const lines = [[]]
  for (let node; node = walker.nextNode();)
    for (let i = 0; i < node.data.length; i++)
      if (node.data[i] === '\\n') lines.push([])
      else if (node.data[i] !== ' ') {
        const range = new Range()
        range.setStart(node, i)
        range.setEnd(node, i + 1)
        const box = range.getBoundingClientRect()
        lines.at(-1).push([box.left, box.top, node.data[i], box.height])
      }
  return lines.filter(line => line.some(
    ([left, top,, height], i) => i && top > line[i - 1][1] + height / 2 && left <= line[0][0] + 1
  )).map(line => line.map(c => c[2]).join(''))
})"""
LINES = """() => {
  const lines = []
  for (const block of document.querySelectorAll('article :is(p, li)')) {
    if (!block.offsetWidth || block.matches('.snippet')) continue
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
    let middle
    for (let node; node = walker.nextNode();) {
      if (node.parentElement.closest('p, li') !== block) continue
      for (let i = 0; i < node.data.length; i++) {
        const range = new Range()
        range.setStart(node, i)
        range.setEnd(node, i + 1)
        const { width, top, height } = range.getBoundingClientRect()
        if (!width) continue
        if (!(Math.abs(top + height / 2 - middle) < height / 2)) lines.push('')
        middle = top + height / 2
        lines[lines.length - 1] += node.data[i]
      }
    }
  }
  return lines.map(line => line.trim())
}"""
COLUMNS = """where => Math.max(...[...document.querySelectorAll(where)].map(element => {
  const style = getComputedStyle(element), probe = document.createElement('span')
  probe.textContent = element.matches('code') ? '0'.repeat(50) : 'a quick brown fox jumps over the lazy dog, and on.'
  probe.style.cssText = 'position: absolute; white-space: pre'
  element.append(probe)
  const one = probe.getBoundingClientRect().width / 50
  probe.remove()
  return Math.floor((element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)) / one)
}))"""


def chromium() -> str:
    """Return the path of a Chromium.

    Raises:
        RuntimeError: there is none; the message says how to install one.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise RuntimeError(
            "no Chromium: `apt-get install chromium fonts-noto-cjk`, or set CHROMIUM to its path"
        )
    return found


@contextlib.contextmanager
def launched():
    """Start a Chromium and yield it as Playwright's browser."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a built site from this machine; yield its address."""
    with serving(folder) as address:
        yield f"{address}/"


class Reader:
    """One tab. Places are paths below `home`, with the entry behind `#`."""

    def __init__(self, page, home: str):
        self.page = page
        self.home = home

    # Where

    def open(self, place: str) -> None:
        self.page.goto(place if "://" in place else self.home + place)

    def arrive(self, place: str) -> None:
        """Wait until a place is open."""
        self.page.wait_for_url(self.home + place)

    @property
    def place(self) -> str:
        return self.page.url.removeprefix(self.home)

    def reload(self) -> None:
        self.page.reload()

    def loads(self, place: str) -> int:
        """Open a place and return how often it was loaded until nothing more was asked for."""
        loads = []
        self.page.on("request", lambda r: r.is_navigation_request() and loads.append(r.url))
        self.open(place)
        self.page.wait_for_load_state("networkidle")
        return len(loads)

    # What is said

    @property
    def text(self) -> str:
        return self.page.inner_text("body")

    @property
    def language(self) -> str:
        return self.page.locator("html").get_attribute("lang")

    @property
    def version(self) -> str:
        """What the menu of versions shows when it is closed."""
        return self.page.locator(f"{VERSION_MENU}__current").inner_text()

    @property
    def note(self) -> str:
        """What is said of an entry, a page or a version that is not there."""
        return self.page.locator(".place").inner_text()

    @property
    def has_note(self) -> bool:
        """Whether anything is said of what is not there, once the page is complete."""
        self.page.wait_for_load_state()
        return self.page.locator(".place").count() > 0

    @property
    def markup_in_note(self) -> int:
        return self.page.locator(".place img").count()

    @property
    def notices(self) -> list[str]:
        """What every page of a version says above its title."""
        return self.page.locator(NOTICE).all_inner_texts()

    @property
    def is_outdated(self) -> bool:
        """Whether the version says that it is not the latest, once the menu shows which it is."""
        self.page.locator(VERSION_MENU).wait_for()
        return self.page.locator(f"{OUTDATED}:visible").count() > 0

    @property
    def scheme(self) -> str:
        scheme = self.page.locator("body").get_attribute("data-md-color-scheme")
        return {"default": "light", "slate": "dark"}[scheme]

    def too_wide(self) -> list[str]:
        """Return the start of what must be scrolled sideways: the page, or a block of it."""
        return self.page.evaluate(
            """[document.documentElement, ...document.querySelectorAll('article pre > code')]
               .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 60))"""
        )

    def lines(self) -> list[str]:
        """Return the lines of the text as they stand on the screen, blocks of code aside."""
        return self.page.evaluate(LINES)

    def moved(self) -> float:
        """Return how much of the page has moved while it loaded, as browsers count it (CLS)."""
        self.page.wait_for_load_state("networkidle")
        return self.page.evaluate(
            """new Promise(resolve => {
                 const shifts = []
                 const look = new PerformanceObserver(list => shifts.push(...list.getEntries()))
                 look.observe({ type: 'layout-shift', buffered: true })
                 requestAnimationFrame(() => requestAnimationFrame(() =>
                   resolve(shifts.reduce((sum, shift) => sum + shift.value, 0))))
               })"""
        )

    def contrast(self, where: str) -> float:
        """Return the contrast of the faintest text or icon of what matches, on what is behind it."""
        return self.page.evaluate(CONTRAST, where)

    def shallow(self) -> list[str]:
        """Return the lines of code that continue no deeper than they begin."""
        return self.page.evaluate(SHALLOW)

    def columns(self, where: str) -> int:
        """Return how many characters of its font the widest element that matches has room for."""
        return self.page.evaluate(COLUMNS, where)

    def cut_off(self) -> list[str]:
        """Return the start of each block of code whose text begins left of its frame."""
        return self.page.evaluate(
            """[...document.querySelectorAll('article pre > code')].filter(code => {
                 const range = document.createRange()
                 range.selectNodeContents(code)
                 const left = code.parentElement.getBoundingClientRect().left
                 return [...range.getClientRects()].some(box => box.left < left - 1)
               }).map(code => code.innerText.slice(0, 60))"""
        )

    # What a reader does

    def switch_language(self, language: str, **click) -> None:
        self.page.locator(f"{LANGUAGE_MENU} button").hover()
        self.page.locator(f"{LANGUAGE_MENU}__link[hreflang={language}]").click(**click)

    def choose_version(self, version: str, **click) -> None:
        self.page.locator(f"{VERSION_MENU}__current").hover(force=True)  # the open menu covers it
        self._version(version).click(**click)

    def choose_version_by_keys(self, version: str) -> None:
        self.page.locator(f"{VERSION_MENU}__current").focus()
        self._version(version).focus()
        self.page.keyboard.press("Enter")

    def _version(self, version: str):
        return self.page.locator(f"{VERSION_MENU}__link[href*='/{version}/']")

    def in_new_tab(self, choose, choice: str) -> Reader:
        """Choose with Ctrl held; return the reader of the tab that opens."""
        with self.page.context.expect_page() as waiting:
            choose(choice, modifiers=["Control"])
        return Reader(waiting.value, self.home)

    def follow(self, link: str) -> None:
        """Click the first link whose address ends so, wherever it stands."""
        self.page.locator(f"a[href$='{link}']").first.click()

    def follow_notice(self) -> None:
        self.page.locator(f"{NOTICE} a").click()

    def follow_outdated(self) -> None:
        self.page.locator(f"{OUTDATED} a").click()

    def choose_light(self) -> None:
        self.page.locator("label[title='Switch to light mode']").click()

    def open_search(self, key: str = "/") -> None:
        """Press a key that opens the search box."""
        self.page.keyboard.press(key)
        self.page.locator(f"{SEARCH}[open]").wait_for()

    def search(self, query: str) -> list[str]:
        """Type a query as one piece and return the places that are offered, best first."""
        if not self.searching:
            self.open_search()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(query)
        shown = "q => document.querySelector('dialog.search').dataset.shown === q"
        self.page.wait_for_function(shown, arg=query.strip())
        links = self.page.locator(HIT).evaluate_all("links => links.map(link => link.href)")
        return [self._without_query(link) for link in links]

    @property
    def searching(self) -> bool:
        return self.page.locator(f"{SEARCH}[open]").count() > 0

    @property
    def said_of_search(self) -> str:
        """What is announced of the results."""
        return self.page.locator(f"{SEARCH} [role=status]").inner_text()

    @property
    def chosen(self) -> str | None:
        """The place that Enter would open."""
        hit = self.page.locator(f"{HIT}[aria-selected=true]")
        return self._without_query(hit.get_attribute("href")) if hit.count() else None

    @property
    def marked(self) -> list[str]:
        """The words of the first result that were asked for."""
        return self.page.locator(HIT).first.locator("mark").all_inner_texts()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def _without_query(self, address: str) -> str:
        url = urlsplit(address)._replace(query="").geturl()
        return url.removeprefix(self.home)

    def open_hit(self, number: int) -> None:
        with self.page.expect_navigation():
            self.page.locator(HIT).nth(number).click()

    # Blocks

    @property
    def blocks(self) -> list[str]:
        return self.page.locator(f"{BLOCK} code").all_inner_texts()

    @property
    def copyable(self) -> int:
        """How many blocks can be copied."""
        self.page.locator(COPY).first.wait_for()
        return self.page.locator(f"{BLOCK}:has({COPY})").count()

    @property
    def copyable_now(self) -> int:
        """How many buttons that copy are to be seen."""
        return self.page.locator("[data-copy]:visible").count()

    def copy(self, number: int) -> str:
        """Copy a block as the button in its frame does."""
        return self._copied_by(self.page.locator(BLOCK).nth(number).locator(COPY))

    def copy_by_keys(self, number: int) -> tuple[str, str]:
        """Go on by Tab from the text above a block and press Enter; return the copy and what is said.

        The first stop in a block is its button.
        """
        block = self.page.locator(BLOCK).nth(number)
        block.evaluate("block => { block.tabIndex = -1; block.focus() }")
        self.page.keyboard.press("Tab")
        focused = self.page.locator(":focus")
        text = self._copied_by(focused, press=True)
        return text, f"{focused.inner_text()} {self.page.locator('.said').inner_text()}"

    def copy_essential(self, number: int) -> str:
        """Copy the essential lines of a block."""
        return self._copied_by(self.page.locator(BLOCK).nth(number).locator(f"{UNDER}//button"))

    def copy_page(self) -> str:
        """Copy the page as Markdown."""
        return self._copied_by(self.page.locator("[data-copy-page]"))

    def _copied_by(self, button, press: bool = False) -> str:
        read = "navigator.clipboard.readText()"
        self.page.evaluate("navigator.clipboard.writeText('')")
        button.press("Enter") if press else button.click()
        return self.page.evaluate(
            f"""async () => {{
              for (;;) {{
                const text = await {read}
                if (text) return text
                await new Promise(later => setTimeout(later, 50))
              }}
            }}"""
        )

    def download(self, number: int) -> tuple[str, str]:
        """Download a block; return the name and the text of the file."""
        block = self.page.locator(BLOCK).nth(number)
        with self.page.expect_download() as waiting:
            block.locator(f"{UNDER}//a[@download]").click()
        file = waiting.value
        return file.suggested_filename, file.path().read_text(encoding="utf-8")


class Readers:
    """Readers of one site, who also notice what no page of it may do."""

    def __init__(self, browser, home: str, **options):
        self.browser = browser
        self.home = home
        self.options = options
        self.complaints: list[str] = []
        self._contexts = []

    def open(self, place: str, lost: bool = False, **options) -> Reader:
        """Open a place in a browser of its own; `lost` allows for what the host does not have."""
        context = self.browser.new_context(**self.options | options)
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = context.new_page()
        page.on("request", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if not lost:
            page.on("console", self._hear)
        reader = Reader(page, self.home)
        reader.open(place)
        return reader

    def _watch(self, request) -> None:
        if not request.url.startswith((self.home, "file:", "data:", "blob:", "about:")):
            self.complaints.append(f"foreign request {request.url}")

    def _hear(self, message) -> None:
        url = message.location["url"]
        # Plugins' pages that only redirect name no icon, and the host's is not ours.
        if message.type == "error" and urlsplit(url).path != "/favicon.ico":
            self.complaints.append(f"{message.text} {url}")

    def leave(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts = []
