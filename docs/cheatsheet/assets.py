"""Our CSS and JavaScript: written in parts, read as one file each, named after its content.

`mkdocs.yml` lists the parts in their order. What a page loads later, such as a search engine, lies
in a folder below and stays a file of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

THEME = Path(__file__).resolve().parents[1] / "theme"
_COMMENT = {
    ".css": re.compile(r"/\*.*?\*/\n?", re.DOTALL),
    ".js": re.compile(r"^ *//.*\n", re.MULTILINE),
}


def join(files: Files, config, first: Sequence[str] = ()) -> None:
    """Replace the parts among `files` by one file of each kind, and let pages load those.

    `first` are files of the theme that come before ours, so that ours have the last word.

    Raises:
        PluginError: a part is listed and not there, or there and not listed.
    """
    scripts = [str(script) for script in config.extra_javascript]
    listed = [*config.extra_css, *scripts]
    ours = {path.relative_to(THEME).as_posix() for path in THEME.glob("assets/*/*.*")}
    for name in sorted(ours.symmetric_difference(listed)):
        if PurePosixPath(name).suffix in _COMMENT:
            problem = "is not there: delete its line" if name in listed else "is not listed: add it"
            raise PluginError(f"mkdocs.yml: extra_css, extra_javascript: {name} {problem}")
    for kind, parts in ((".css", config.extra_css), (".js", scripts)):
        theirs = [name for name in first if name.endswith(kind)]
        parts[:] = [_joined(files, config, [*theirs, *parts])]
    config.extra_javascript = scripts


def icon_in_page(files: Files, config) -> None:
    """Let pages hold their icon of 300 bytes, which is not worth a request."""
    file = files.get_file_from_path(config.theme["favicon"])
    config.theme["favicon"] = f"data:image/svg+xml,{quote(file.content_string.strip())}"
    files.remove(file)


def _joined(files: Files, config, parts: list[str]) -> str:
    """Put one file in the place of `parts`; return its address."""
    suffix = PurePosixPath(parts[-1]).suffix
    texts = []
    for name in parts:
        file = files.get_file_from_path(name)
        text = _COMMENT[suffix].sub("", file.content_string).strip()
        texts.append(text)
        files.remove(file)
    text = "\n;".join(texts) if suffix == ".js" else "\n".join(texts)
    name = f"cheatsheet.{hashlib.sha256(text.encode()).hexdigest()[:8]}{suffix}"
    address = str(PurePosixPath(parts[-1]).with_name(name))
    files.append(File.generated(config, address, content=text))
    return address
