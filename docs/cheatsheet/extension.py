"""The Markdown extension that shows a snippet on a page, in the page's language.

A fence whose only line is `--8<-- "tensors/memory/copy_tensor.py"` becomes the whole file with
its bilingual comments reduced to one language, followed by a link to the source and a download
of exactly the text shown, and where it was verified. A line `--8<-- "errata.yml"` or
`--8<-- "receipts"` becomes what those modules render, and `--8<-- "archive"` a link to the offline
copy of a published version.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from markdown import Extension
from markdown.preprocessors import Preprocessor

from . import errata, receipts
from .snippet import FENCE, LANGUAGES, SNIPPETS, localize

INCLUDE = re.compile(r'^```(\w+)\n--8<-- "([^"\n]+)"\n```$', re.MULTILINE)
GENERATED = {'--8<-- "errata.yml"': errata, '--8<-- "receipts"': receipts}
LABELS = {"zh": ("源文件", "下载"), "en": ("source", "download")}
ARCHIVE = {
    "zh": '<a href="{0}" download>下载整个网站</a>，解压后打开 `index.html` 即可离线阅读，搜索照常可用。',
    "en": '<a href="{0}" download>Download the whole site</a>, unpack it, and open `index.html` '
    "to read and search it offline.",
}


class _ShowSnippets(Preprocessor):
    def __init__(self, md, language: str, source_url: str, snippets: Path, archive: str):
        super().__init__(md)
        self.language, self.source_url, self.snippets = language, source_url, snippets
        self.archive = ARCHIVE[language].format(archive) if archive else ""

    def run(self, lines: list[str]) -> list[str]:
        text = INCLUDE.sub(self._show, "\n".join(lines))
        text = text.replace('--8<-- "archive"', self.archive)
        for line, module in GENERATED.items():
            if line in text:
                text = text.replace(line, module.render(self.language))
        return text.split("\n")

    def _show(self, include: re.Match) -> str:
        name = include[2]
        path = self.snippets / name
        if not path.is_file():
            raise FileNotFoundError(f"snippets/{name} is included by a page and does not exist")
        code = localize(path, path.read_text(encoding="utf-8"), self.language)
        source, download = LABELS[self.language]
        data = "data:text/plain;charset=utf-8," + quote(code, safe=_UNQUOTED)
        return (
            f"```{FENCE[path.suffix]}\n{code}```\n\n"
            '<p class="snippet" data-search-exclude>'
            f'<a href="{escape(self.source_url + name)}">{source} snippets/{name}</a> '
            f'<a download="{path.name}" href="{data}">{download}</a> '
            f"<span>{receipts.badge(name, self.language)}</span></p>\n"
        )


# Left as they are, these compress with the block itself.
_UNQUOTED = " !$()*+,-./:;=?@[]^_`{|}~'"


class CheatSheetExtension(Extension):
    def __init__(self, **kwargs):
        self.config = {
            "language": [LANGUAGES[0], "the half of bilingual comments to show: zh or en"],
            "source_url": ["", "where the files of snippets/ can be read, with a final slash"],
            "snippets": [str(SNIPPETS), "the folder of the snippets"],
            "archive": ["", "the file of the offline copy beside the home page, if there is one"],
        }
        super().__init__(**kwargs)
        if self.getConfig("language") not in LANGUAGES:
            raise ValueError(f"cheatsheet: language must be one of {', '.join(LANGUAGES)}")

    def extendMarkdown(self, md) -> None:
        show = _ShowSnippets(
            md,
            self.getConfig("language"),
            self.getConfig("source_url"),
            Path(self.getConfig("snippets")),
            self.getConfig("archive"),
        )
        # After normalize_whitespace (30), before pymdownx.superfences (25).
        md.preprocessors.register(show, "cheatsheet", 28)


def makeExtension(**kwargs) -> CheatSheetExtension:
    return CheatSheetExtension(**kwargs)
