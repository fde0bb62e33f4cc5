"""`nox -s preview`: what `gh-pages` holds, under the paths and with the 404 page of its host."""

from __future__ import annotations

import functools
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

from .plan import BRANCH


class Pages(SimpleHTTPRequestHandler):
    """Serves files as GitHub Pages does: no listings, and one 404 page for the whole site."""

    def __init__(self, *request, lost: Path | None, **options):
        self.lost = lost
        super().__init__(*request, **options)

    def list_directory(self, path):
        self.send_error(404)

    def send_error(self, code, message=None, explain=None):
        if code != 404:
            return super().send_error(code, message, explain)
        lost = self.lost.read_bytes() if self.lost else b""
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(lost)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(lost)

    def handle(self):
        with suppress(ConnectionError):  # a browser that has left needs no answer
            super().handle()

    def log_message(self, *_):
        pass


def checkout(repository: Path, folder: Path) -> str:
    """Write what the branch holds below `folder`, at the path that its addresses have.

    Returns the address for which it was published.

    Raises:
        LookupError: nothing is published.
    """
    archive = subprocess.run(
        ["git", "archive", BRANCH], cwd=repository, capture_output=True, check=False
    )
    if archive.returncode:
        raise LookupError(f"there is no {BRANCH} here: `nox -s publish` makes it")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tree:
        sitemap = ElementTree.parse(tree.extractfile("sitemap.xml"))
        home = re.match(r"(.*?/)(zh|en)/[^/]+/", sitemap.find(".//{*}loc").text)[1]
        tree.extractall(folder / urlsplit(home).path.strip("/"), filter="data")
    return home


@contextmanager
def served(repository: Path, port: int = 0):
    """Serve the published site from this machine and yield its address here.

    The host is replaced in pages and sitemaps, so that absolute links lead to this machine too.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = checkout(repository, folder)
        root = folder / urlsplit(home).path.strip("/")
        with serving(folder, port, root / "404.html") as here:
            host = f"{urlsplit(home).scheme}://{urlsplit(home).netloc}"
            for path in (p for p in folder.rglob("*") if p.suffix in (".html", ".xml")):
                path.write_bytes(path.read_bytes().replace(host.encode(), here.encode()))
            yield home.replace(host, here)


@contextmanager
def serving(folder: Path, port: int = 0, lost: Path | None = None):
    """Serve a folder from this machine, with a page for what is not there; yield the address."""
    handler = functools.partial(Pages, directory=str(folder), lost=lost)
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def main() -> None:
    try:
        with served(Path.cwd(), int(sys.argv[1])) as address:
            print(f"Open {address} (Ctrl-C ends it)", flush=True)
            threading.Event().wait()
    except LookupError as error:
        sys.exit(f"preview: {error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
