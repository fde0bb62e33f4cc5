"""Pages to take away: a page as a notebook and as plain Markdown, for Colab, Jupyter and editors.

Both are made from the parts of the one expansion; links become addresses of the site.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys

from .catalogue import Block
from .printed import shown
from .snippet import EXAMPLE, OUTPUT

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_ANCHOR = re.compile(r"^(#{1,6} .*?) +\{ #[\w-]+ \}$", re.MULTILINE)
_ADMONITION = re.compile(r'^(?:!!!|\?\?\?\+?) +\w+(?: +"([^"]*)")?\n((?:\n?(?: {4}.*)\n?)*)', re.M)
_LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)\.(?:md|ipynb)(#[\w-]+)?\)")
_HERE = re.compile(r"\]\((#[\w-]+)\)")
_FIGURE = re.compile(r"^\[!\[.*$\n?", re.MULTILINE)
# A name in a block that changes the process for whatever runs after it.
_PROCESS_WIDE = re.compile(
    r"__file__|__name__ == |\bset_(?:default_\w+|num_threads|num_interop_threads|printoptions|"
    r"start_method|float32_matmul_precision|flush_denormal)\(|use_deterministic_algorithms\(|"
    r"\bos\.environ\[|\bsys\.(?:argv|path|excepthook)\b|faulthandler|logging\.basicConfig"
)
# What Colab and a torch environment have anyway.
_THERE = {*sys.stdlib_module_names, "numpy", "torch", "torchvision", "pandas", "tqdm", "packaging"}
_PACKAGES = {"yaml": "pyyaml", "PIL": "pillow"}
_INSTALL = {"zh": "# 这一页还用到这些包", "en": "# What this page needs besides PyTorch"}
_OWN_PROCESS = {
    "zh": "下面的代码要单独作为脚本运行：先写成文件，再启动它。",
    "en": "The next block runs as a script of its own: it is written to a file, then started.",
}


def plain(text: str, page: str, base: str) -> str:
    """Return Markdown of a page as any other program reads it: no attributes, absolute links."""
    folder = posixpath.dirname(page)

    def address(match: re.Match) -> str:
        there = posixpath.normpath(posixpath.join(folder, match[1])).removesuffix("index")
        return f"]({base}{there}{'/' if there and there[-1] != '/' else ''}{match[2] or ''})"

    text = _LINK.sub(address, _FRONT_MATTER.sub("", text))
    text = _HERE.sub(rf"]({base}{page}/\1)", text)
    text = _ANCHOR.sub(r"\1", _FIGURE.sub("", text))
    return _ADMONITION.sub(_quoted, text).strip("\n")


def _quoted(match: re.Match) -> str:
    lines = [f"**{match[1]}**", ""] if match[1] else []
    lines += [line.removeprefix("    ") for line in match[2].strip("\n").split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines).removesuffix("\n>") + "\n\n"


def markdown(parts: list[str | Block], page: str, language: str, base: str) -> str:
    """Return a page as one Markdown text, its blocks as fences."""
    texts = [
        plain(part, page, base)
        if isinstance(part, str)
        else f"```{part.kind}\n{part.shown(language)}```"
        for part in parts
    ]
    return "\n\n".join(filter(None, texts)) + "\n"


def notebook(parts: list[str | Block], page: str, language: str, base: str):
    """Return a page as a notebook: its prose, one code cell a block, shown outputs as outputs."""
    import nbformat

    new = nbformat.v4
    cells = []
    for part in parts:
        if isinstance(part, str):
            if text := plain(part, page, base):
                cells.append(new.new_markdown_cell(text))
        elif part.kind == "python":
            cells += _code(part, language)
        else:
            cells.append(new.new_markdown_cell(f"```{part.kind}\n{part.shown(language)}```"))
    if packages := sorted({p for part in parts if isinstance(part, Block) for p in needed(part)}):
        install = f"{_INSTALL[language]}\n%pip install -q {' '.join(packages)}"
        cells.insert(1, new.new_code_cell(install, metadata={"tags": ["install"]}))
    for number, cell in enumerate(cells, start=1):
        cell.id = f"cell-{number}"
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return new.new_notebook(cells=cells, metadata=metadata)


def _code(block: Block, language: str) -> list:
    import nbformat

    new = nbformat.v4
    source = block.shown(language)
    lines = [
        line
        for line in source.splitlines()
        if not line.lstrip().startswith((f"{OUTPUT} ", f"{EXAMPLE} ")) and line.strip() != OUTPUT
    ]
    code = "\n".join(lines).strip("\n")
    printed = shown(block.path, source)
    text = "".join(f"{line}\n" for n in sorted(printed) for line in printed[n].lines)
    text = text.rstrip("\n") + "\n"
    outputs = [new.new_output("stream", name="stdout", text=text)] if printed else []
    metadata = {"block": block.id}
    if not own_process(block):
        return [new.new_code_cell(code, outputs=outputs, metadata=metadata)]
    name = block.path.name
    return [
        new.new_markdown_cell(_OWN_PROCESS[language]),
        new.new_code_cell(f"%%writefile {name}\n{code}"),
        new.new_code_cell(f"!python {name}", outputs=outputs, metadata=metadata),
    ]


def own_process(block: Block) -> bool:
    """Whether a block must not share a process with what follows it."""
    return bool(_PROCESS_WIDE.search(block.source))


def needed(block: Block) -> set[str]:
    """Return the packages that a block imports beside what comes with PyTorch."""
    if block.kind != "python":
        return set()
    names = set()
    for node in ast.walk(ast.parse(block.source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    if "torch.utils.tensorboard" in block.source:
        names.add("tensorboard")
    if "torch.onnx" in block.source:
        names |= {"onnx", "onnxscript"}
    return {_PACKAGES.get(name, name) for name in names - _THERE}
