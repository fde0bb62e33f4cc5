"""The gallery: executed notebooks whose pictures teach what prose can't.

A source is `snippets/gallery/<id>.py`, jupytext's percent format: Markdown cells in pairs
(`lang="zh"`, then `lang="en"`), code cells shared, with comments and strings as `中文 | English`. A
cell that draws carries the figure's alternative text: `# %% zh="…" en="…"`; `example=true` marks
what depends on the machine. `nox -s outputs -- gallery` executes it and writes
`docs/<language>/gallery/<id>.ipynb`, which the site shows with mkdocs-jupyter and without torch.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .snippet import CJK, LANGUAGES, SourceError, localize

SOURCES = Path("snippets", "gallery")
STYLE = SOURCES / "matplotlibrc"
LIMIT = 300_000  # bytes of figures a page

FIGURE = re.compile(r"^<!-- figure ([\w-]+) (\d+) -->$", re.MULTILINE)  # in an entry

_HEADING = re.compile(r"^(#{1,6} .*?) +\{ #([\w-]+) \}$", re.MULTILINE)
_STRING = re.compile(r"""(["'])((?:(?!\1)[^\\\n])*? \| (?:(?!\1)[^\\\n])*)\1""")
# Before the first cell: figures as SVG whose text stays text, and warnings as errors.
_SET_UP = """\
%config InlineBackend.figure_formats = ["svg"]
%config InlineBackend.print_figure_kwargs = {"metadata": dict.fromkeys(["Creator", "Date", "Format", "Type"])}
%matplotlib inline
import warnings
for kind in (UserWarning, FutureWarning): warnings.simplefilter("error", kind)
"""


@dataclass(frozen=True)
class Figure:
    """A picture of a notebook. `number` counts from 1, `anchor` is the heading above it."""

    notebook: str
    number: int
    svg: str
    alt: str
    anchor: str

    @property
    def file(self) -> str:
        """Its place below `docs/<language>/`."""
        return f"gallery/figures/{self.notebook}-{self.number}.svg"

    @property
    def words(self) -> str:
        """The text that stands in it."""
        return " ".join(self.structure[1])

    @property
    def structure(self) -> tuple[int, list[str]]:
        """The number of its drawn elements and its texts, wherever they stand."""
        drawn, texts = 0, []
        for element in ElementTree.fromstring(self.svg).iter():
            drawn += element.tag.endswith(("}path", "}use", "}image"))
            if element.tag.endswith("}text"):
                texts.append("".join(element.itertext()).strip())
        return drawn, texts


@dataclass(frozen=True)
class Notebook:
    """One notebook of the gallery, in all languages."""

    root: Path
    path: Path

    @property
    def id(self) -> str:
        return self.path.stem

    @property
    def name(self) -> str:
        """Its page, without a suffix."""
        return f"gallery/{self.id}"

    def committed(self, language: str) -> Path:
        return self.root / "docs" / language / f"{self.name}.ipynb"

    @cached_property
    def _cells(self) -> list:
        import jupytext

        return jupytext.read(self.path, fmt="py:percent").cells

    def error(self, cell: int, message: str) -> SourceError:
        """Return an error at a cell, counted from 1."""
        line = [n for n, text in enumerate(self._lines, 1) if text.startswith("# %%")]
        number = line[cell - 1] if cell <= len(line) else 1
        return SourceError(self.path, number, f"cell {cell}: {message}")

    @cached_property
    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    def title(self, language: str) -> str:
        """Return its first heading; this needs the standard library alone, see `figures`."""
        mark = f'# %% [markdown] lang="{language}"'
        prose = re.sub(r"^# ?", "", "\n".join(self._lines).partition(mark)[2], flags=re.MULTILINE)
        return _HEADING.search(prose)[1].lstrip("# ")

    def headings(self, language: str) -> list[tuple[str, str]]:
        """Return `(anchor, words)` of every heading of a language."""
        texts = [c.source for c in self._cells if c.metadata.get("lang") == language]
        found = [m for text in texts for m in _HEADING.finditer(text)]
        return [(match[2], match[1].lstrip("# ")) for match in found]

    def text(self, language: str) -> str:
        """Return the prose of a language."""
        return "\n\n".join(c.source for c in self._cells if c.metadata.get("lang") == language)

    def localized(self, language: str):
        """Return the notebook of a language, not executed: its code, its half of the Markdown."""
        import nbformat

        cells = []
        for number, cell in enumerate(self._cells, start=1):
            if cell.cell_type == "markdown" and cell.metadata.get("lang") == language:
                anchors = [match[2] for match in _HEADING.finditer(cell.source)]
                text = _HEADING.sub(r"\1", cell.source)
                new = nbformat.v4.new_markdown_cell(text, metadata={"anchors": anchors})
            elif cell.cell_type == "code":
                metadata = {}
                if cell.metadata.get(language):
                    metadata["alt"] = cell.metadata[language]
                if cell.metadata.get("example"):
                    metadata["example"] = True
                code = _localized(self.path, cell.source, language)
                new = nbformat.v4.new_code_cell(code, metadata=metadata)
            else:
                continue
            new.id = f"{self.id}-{number}"[:64]
            cells.append(new)
        metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
        return nbformat.v4.new_notebook(cells=cells, metadata=metadata)

    def read(self, language: str):
        """Return the committed notebook of a language."""
        import nbformat

        return nbformat.read(self.committed(language), as_version=4)

    def figures(self, language: str) -> list[Figure]:
        """Return the figures of the committed notebook of a language.

        It needs the standard library alone: pages with figures are expanded where blocks run, on a
        borrowed machine with a GPU too.
        """
        found, anchor = [], self.id
        for cell in json.loads(self.committed(language).read_text(encoding="utf-8"))["cells"]:
            anchor = (cell["metadata"].get("anchors") or [anchor])[-1]
            for svg in drawn(cell):
                alt = cell["metadata"].get("alt", "")
                found.append(Figure(self.id, len(found) + 1, "".join(svg), alt, anchor))
        return found

    def figure(self, language: str, number: int) -> Figure:
        return self.figures(language)[number - 1]

    def executed(self, language: str, folder: Path):
        """Execute in `folder`, every warning an error, and return the notebook with its outputs.

        Raises:
            SourceError: a cell failed.
        """
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError

        notebook = self.localized(language)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(_SET_UP))
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        # Warnings of the kernel's own libraries are not the notebook's.
        style = {
            "MATPLOTLIBRC": str(self.root / STYLE),
            "CUDA_VISIBLE_DEVICES": "",
            "PYTHONWARNINGS": "ignore",
            # A first compilation is one, in both languages.
            "TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled"),
        }
        try:
            client.execute(env=os.environ | style)
        except CellExecutionError as error:
            at = next(
                (n for n, c in enumerate(notebook.cells) if c.get("outputs") and _failed(c)), 0
            )
            number = self._number(notebook.cells[at].id)
            raise self.error(number, f"it failed with {error.ename}: {error.evalue}") from error
        notebook.cells.pop(0)
        codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for count, cell in enumerate(codes, start=1):
            cell.metadata.pop("execution", None)
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
                if drawn_in(output):
                    output.data.pop("text/plain", None)
                    output.metadata = {}
        notebook.metadata.language_info = {"name": "python"}
        return notebook

    def _number(self, cell_id: str) -> int:
        tail = cell_id.rpartition("-")[2]
        return int(tail) if tail.isdigit() else 1

    def problems(self) -> Iterator[SourceError]:
        """Missing halves, anchors that differ, missing alternative texts, stale notebooks."""
        waiting = None
        for number, cell in enumerate(self._cells, start=1):
            language = cell.metadata.get("lang")
            if cell.cell_type == "markdown" and language not in LANGUAGES:
                yield self.error(number, 'say its language: `# %% [markdown] lang="zh"`')
                continue
            if cell.cell_type == "markdown":
                anchors = [match[2] for match in _HEADING.finditer(cell.source)]
                bare = [x for x in re.findall(r"^#+ .*$", cell.source, re.M) if "{ #" not in x]
                if bare:
                    yield self.error(number, f"{bare[0]!r} has no anchor: end it with `{{ #id }}`")
                if language == LANGUAGES[0]:
                    if waiting:
                        yield self.error(waiting[0], "no English half: write it in the next cell")
                    waiting = (number, anchors)
                    continue
                if not waiting:
                    yield self.error(number, "no Chinese half: write it in the cell before")
                elif waiting[1] != anchors:
                    yield self.error(number, f"anchors {anchors} differ from {waiting[1]}")
                waiting = None
                continue
            if waiting:
                yield self.error(waiting[0], "no English half: write it in the next cell")
                waiting = None
            alts = [bool(cell.metadata.get(language)) for language in LANGUAGES]
            if "plt.show()" in cell.source and not all(alts):
                yield self.error(number, 'no alternative text: `# %% zh="…" en="…"`')
            try:
                for language in LANGUAGES:
                    code = _localized(self.path, cell.source, language)
                    if language == "en" and CJK.search(code):
                        yield self.error(
                            number, "Chinese without an English half: `中文 | English`"
                        )
            except SourceError as error:
                yield self.error(number, str(error).partition(": ")[2])
        if waiting:
            yield self.error(waiting[0], "no English half: write it in the next cell")
        yield from self._stale()

    def _stale(self) -> Iterator[SourceError]:
        renew = f"`nox -s outputs -- {self.name}`"
        for language in LANGUAGES:
            path = self.committed(language)
            if not path.is_file():
                yield SourceError(self.path, 1, f"{path.name} of {language} is missing: {renew}")
                continue
            there, here = self.read(language).cells, self.localized(language).cells
            for number, (old, new) in enumerate(zip(there, here, strict=False), start=1):
                if (old.source, old.metadata) != (new.source, new.metadata):
                    yield SourceError(path, 1, f"cell {number} is not as in its source: {renew}")
                    break
                if len(drawn(old)) != bool(old.metadata.get("alt")):
                    yield SourceError(path, 1, f"cell {number}: one figure, one alternative text")
            else:
                if len(there) != len(here):
                    yield SourceError(path, 1, f"it has not the cells of its source: {renew}")
            size = sum(len(f.svg.encode()) for f in self.figures(language))
            if size > LIMIT:
                yield SourceError(path, 1, f"{size:,} bytes of figures: at most {LIMIT:,}")


def _failed(cell) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


def drawn_in(output) -> str | None:
    """Return the SVG of an output, None where it is no figure."""
    return output.get("data", {}).get("image/svg+xml")


def drawn(cell) -> list[str]:
    """Return the figures of a cell."""
    return [svg for output in cell.get("outputs", []) if (svg := drawn_in(output))]


def printed(cell) -> str:
    """Return the text that a cell printed or displayed."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text") or output.get("data", {}).get("text/plain") or "")
    return "".join(parts)


def _localized(path: Path, code: str, language: str) -> str:
    def half(match: re.Match) -> str:
        zh, _, en = match[2].partition(" | ")
        if not CJK.search(zh):
            return match[0]
        return f"{match[1]}{(zh, en)[LANGUAGES.index(language)]}{match[1]}"

    lines = localize(path, _STRING.sub(half, code), language)
    return lines.strip("\n")


def notebooks(root: Path) -> list[Notebook]:
    return [Notebook(root, path) for path in sorted((root / SOURCES).glob("*.py"))]
