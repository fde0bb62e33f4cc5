"""Each page's notebook runs from top to bottom and shows what it prints.

Both languages share the code, so one language of each page is executed, in turn.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import warnings

import pytest

from cheatsheet.catalogue import Sheet
from cheatsheet.expand import Expander
from cheatsheet.notebooks import notebook
from cheatsheet.printed import lines_of, same_form
from cheatsheet.snippet import LANGUAGES
from cheatsheet.take import has_code
from harness import ROOT, in_child

EXPANDER = Expander(Sheet.read(ROOT))
PAGES = [page for page in EXPANDER.sheet.pages if has_code(page)]


def taken(page, language):
    """Return the notebook of a page, as it is downloaded."""
    return notebook(EXPANDER.parts(page, language), page.name, language, "https://example.org/")


def lines(text):
    """Return the lines of an output; blank ones are how a block ends a line that it prints."""
    return tuple(line for line in lines_of(text) if line)


def run(cells):
    """Run cells in one IPython, as Jupyter does; return `(block, shown, printed)` of each."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    sys.modules["__main__"].__dict__.update(shell.user_ns)
    shell.user_module = sys.modules["__main__"]
    shell.user_ns = sys.modules["__main__"].__dict__

    def system(command):
        ran = subprocess.run(command, shell=True, capture_output=True, text=True)
        print(ran.stdout, end="")
        if ran.returncode:
            raise RuntimeError(ran.stderr)

    shell.system = system
    shell.ast_node_interactivity = "none"  # what Jupyter displays beside the output
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    results = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        warnings.simplefilter("error")
        for cell in cells:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                shell.run_cell(cell.source, store_history=True).raise_error()
            if block := cell.metadata.get("block"):
                text = "".join(output.text for output in cell.outputs)
                results.append((block, *map(lines, (text, out.getvalue()))))
        os.chdir("/")
    return results


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_s_notebook_runs_from_top_to_bottom(page):
    language = LANGUAGES[PAGES.index(page) % 2]
    cells = [cell for cell in taken(page, language).cells if cell.cell_type == "code"]
    code = [cell for cell in cells if "install" not in cell.metadata.get("tags", [])]
    for block, shown, printed in in_child(run, code):
        exact = not any(line.startswith("#~") for line in block_source(block))
        assert printed == shown if exact else same_form(shown, printed), block


def block_source(name):
    block = next(block for block in EXPANDER.sheet.blocks if block.id == name)
    return [line.strip() for line in block.source.splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_s_notebook_is_valid(page, language):
    import nbformat

    made = taken(page, language)
    nbformat.validate(made)
    assert made.cells[0].source.startswith(f"# {page.title(language)}")
    blocks = [
        block.id for entry in page.entries for block in entry.blocks if block.kind == "python"
    ]
    assert [c.metadata["block"] for c in made.cells if "block" in c.metadata] == blocks
