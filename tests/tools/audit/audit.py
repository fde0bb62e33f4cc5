"""`nox -s audit`: weighs the built site as a reader's browser gets it, and judges it.

Serves `build/site` compressed, opens every page on a cold cache, in light, in dark and on a phone,
lets axe look at it, and Lighthouse at the pages in `SCORED`. Ends with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.reader import PATIENCE, PHONE, chromium, launched

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
SITE = ROOT / "build" / "site"
SCORED = ["", "training/optimizers/", "errata/", "sheet/", "gallery/"]
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
GOALS = {"mobile": [97, 100, 100, 100], "desktop": [100, 100, 100, 100]}
WEIGHT = {  # KB, requests and nodes by what a path begins with; the first that matches counts
    "errata": (r"errata/", (130, 6, 2500)),
    "index of the gallery": (r"gallery/$", (95 + 10 * 8, 6 + 10, None)),  # its figures are its text
    "content page": (r"", (95, 6, None)),
}
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light"} | PHONE | {"viewport": {"width": 360, "height": 800}},
}
NARROW = "document.documentElement.scrollWidth <= innerWidth"


class Compressed(SimpleHTTPRequestHandler):
    """Serves files as the host does: compressed, on connections that last."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir() and not self.path.split("?")[0].endswith("/"):
            return super().do_GET()
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        data, kind = path.read_bytes(), self.guess_type(str(path))
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        self.send_response(200)
        if text:
            data = gzip.compress(data, 9, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        charset = "; charset=utf-8" if text else ""
        self.send_header("Content-Type", kind + charset)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Audit:
    """What was measured, as rows of one table, and what falls short of the goals."""

    def __init__(self, home: str, pages: list[str]):
        self.home, self.pages = home, pages
        self.rows: list[tuple[str, str, str]] = []
        self.short: list[str] = []

    def note(self, what: str, found: str, goal: str, met: bool) -> None:
        self.rows.append((what, found if met else f"**{found}**", goal))
        print(f"{what}: {found}, goal {goal}", flush=True)
        if not met:
            self.short.append(f"{what}: {found} (goal {goal})")

    def weigh(self, browser) -> None:
        """Open each page on a cold cache: bytes, requests and nodes."""
        heaviest = {}
        for page in self.pages:
            context = browser.new_context()
            tab = context.new_page()
            wire = context.new_cdp_session(tab)
            asked, loaded = set(), []

            def ask(event, asked=asked):
                if event["request"]["url"].startswith("http"):  # a data: address asks nobody
                    asked.add(event["requestId"])

            def load(event, asked=asked, loaded=loaded):
                if event["requestId"] in asked:
                    loaded.append(event)

            wire.send("Network.enable")
            wire.on("Network.requestWillBeSent", ask)
            wire.on("Network.loadingFinished", load)
            tab.goto(self.home + page, wait_until="networkidle")
            nodes = tab.evaluate("document.querySelectorAll('*').length")
            context.close()
            path = page.partition("/")[2]
            kind = next(kind for kind, (start, _) in WEIGHT.items() if re.match(start, path))
            size = sum(e["encodedDataLength"] for e in loaded) / 1000
            heaviest.setdefault(kind, []).append((size, len(loaded), nodes, page))
        for kind, found in heaviest.items():
            _, goal = WEIGHT[kind]
            for column, unit in enumerate(["KB gzip", "requests", "DOM nodes"]):
                most = max(found, key=lambda row: row[column])
                met = goal[column] is None or most[column] <= goal[column]
                worst = f"{most[column]:.0f} ({most[3]})"
                self.note(f"{kind}: {unit}", worst, f"≤ {goal[column] or '-'}", met)

    def look(self, browser) -> None:
        """Let axe judge each page in each look, and see that nothing scrolls sideways."""
        axe = (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        run = "axe.run().then(found => found.violations.map(v => [v.id, v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? ''))]))"
        for look, options in LOOKS.items():
            context = browser.new_context(bypass_csp=True, **options)
            context.set_default_timeout(PATIENCE)
            context.add_init_script(axe)
            flaws, examples, complaints = Counter(), {}, []
            tab = context.new_page()
            tab.on("pageerror", lambda error, to=complaints: to.append(str(error)))
            for page in self.pages:
                tab.goto(self.home + page)
                for rule, nodes in tab.evaluate(run):
                    flaws[rule] += len(nodes)
                    examples.setdefault(rule, f"{page} {nodes[0]}")
                if look == "phone" and not tab.evaluate(NARROW):
                    complaints.append(f"{page} scrolls sideways")
            context.close()
            said = ", ".join(f"{rule} {n}" for rule, n in flaws.most_common()) or "0"
            self.note(f"axe, {look}, {len(self.pages)} pages", said, "0", not flaws)
            for rule, example in examples.items():
                print(f"  {look}: {rule}: {example}")
            if complaints:
                self.note(f"{look}: errors", "; ".join(complaints[:5]), "none", False)

    def score(self, runs: int) -> None:
        """Let Lighthouse score the pages of `SCORED` that there are, in the worse language."""
        for form, goal in GOALS.items():
            for place in SCORED:
                for page in (p for p in self.pages if p == f"zh/{place}"):
                    found = [self._lighthouse(page, form) for _ in range(runs)]
                    scores = [
                        round(statistics.median(column)) for column in zip(*found, strict=True)
                    ]
                    met = all(score >= least for score, least in zip(scores, goal, strict=True))
                    self.note(
                        *(f"Lighthouse {form}: {page}", "/".join(map(str, scores))),
                        *("/".join(map(str, goal)), met),
                    )

    def _lighthouse(self, page: str, form: str) -> list[float]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            flags = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
            subprocess.run(
                [
                    *("npx", "--no-install", "lighthouse", self.home + page, "--quiet"),
                    *("--output=json", f"--output-path={report}", f"--chrome-flags={flags}"),
                    f"--only-categories={','.join(CATEGORIES)}",
                    *(["--preset=desktop"] if form == "desktop" else []),
                ],
                cwd=HERE,
                env=os.environ | {"CHROME_PATH": chromium()},
                check=True,
            )
            said = json.loads(report.read_text(encoding="utf-8"))
        for name in CATEGORIES:
            category = said["categories"][name]
            for part in category["auditRefs"]:
                audit = said["audits"][part["id"]]
                if part["weight"] and audit["score"] not in (None, 1) and category["score"] < 1:
                    value = audit.get("displayValue", "")
                    print(f"  {form} {page} {name}: {part['id']} {audit['score']} {value}")
        return [100 * said["categories"][name]["score"] for name in CATEGORIES]

    def table(self) -> str:
        lines = ["| what | measured | goal |", "| --- | --- | --- |"]
        return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in self.rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse, 0 for none")
    parser.add_argument("pages", nargs="*", help="only those, such as zh/errata/")
    arguments = parser.parse_args()
    handler = functools.partial(Compressed, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = sorted(
            path.parent.relative_to(SITE).as_posix() + "/" for path in SITE.rglob("index.html")
        )
        pages = [
            page
            for page in found
            if page != "./" and (not arguments.pages or page in arguments.pages)
        ]
        audit = Audit(f"http://127.0.0.1:{server.server_port}/", pages)
        with launched() as browser:
            audit.weigh(browser)
            audit.look(browser)
        if arguments.runs:
            audit.score(arguments.runs)
        server.shutdown()
    print(audit.table())
    if audit.short:
        sys.exit("audit: falls short:\n  " + "\n  ".join(audit.short))


if __name__ == "__main__":
    main()
