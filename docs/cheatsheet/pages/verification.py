"""The line under a block, and the verification page: what ran where, as the receipts have it."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from ..catalogue import Block, Sheet
from ..receipts import DEVICES, Receipts

WORDS = {
    "zh": {
        "source": "源文件",
        "download": "下载",
        "essential": "复制要点",
        "copied": "已复制",
        "unverified": "{}：尚未验证",
        "placed": "设备放置已检查",
        "console": "不运行",
        "since": "需要 torch {} 以上",
        "comma": "、",
        "head": "| 代码块 | CPU | CUDA | 设备放置 |",
        "checked": "已检查",
        "not run": "不运行的代码块",
        "differs": "torch {} 的输出不同",
        "failed": "torch {} 不能运行",
        "example": "<code>#~</code>：示例输出，因机器而异",
        "stale": "这一条正在修订，两种语言尚未核对",
    },
    "en": {
        "source": "source",
        "download": "download",
        "essential": "copy the essential lines",
        "copied": "copied",
        "unverified": "{}: not yet verified",
        "placed": "placement checked",
        "console": "not run",
        "since": "since torch {}",
        "comma": ", ",
        "head": "| Block | CPU | CUDA | Placement |",
        "checked": "checked",
        "not run": "Blocks that are not run",
        "differs": "prints otherwise on torch {}",
        "failed": "fails on torch {}",
        "example": "<code>#~</code>: example output, yours will differ",
        "stale": "being revised, the two languages are not yet reconciled",
    },
}
# Left as they are, these compress with the block itself.
_UNQUOTED = " !$()*+,-./:;=?@[]^_`{|}~'"


def line_under(
    block: Block, language: str, receipts: Receipts, source_url: str, stale: bool = False
) -> str:
    """Return the HTML that stands under a block: source, download, where it was verified.

    `stale` says that the entry changed in one language since both were read together.
    """
    words, code = WORDS[language], block.shown(language)
    data = "data:text/plain;charset=utf-8," + quote(code, safe=_UNQUOTED)
    asides = [words["example"]] if re.search(r"^\s*#~", code, re.MULTILINE) else []
    asides += [words["stale"]] if stale else []
    copy = f'<button type="button" data-copied="{words["copied"]}">{words["essential"]}</button> '
    return (
        '<p class="snippet" data-search-exclude>'
        f"{copy if block.essential else ''}"
        f'<a href="{escape(source_url + block.name)}">{words["source"]} snippets/{block.name}</a> '
        f'<a download="{block.path.name}" href="{data}">{words["download"]}</a> '
        f"<span>{badge(block, language, receipts)}</span>"
        f"{''.join(f' <span>{aside}</span>' for aside in asides)}</p>"
    )


def badge(block: Block, language: str, receipts: Receipts) -> str:
    """Return what the page says of where a block ran."""
    words = WORDS[language]
    if not block.runs:
        return words["console"]
    said = [_device(block, device, words, receipts) for device in DEVICES]
    if _placed(block, receipts):
        said.append(words["placed"])
    if since := receipts.since(block):
        said.append(words["since"].format(since))
    return " · ".join(said)


def _device(block: Block, device: str, words: dict, receipts: Receipts, dates=False) -> str:
    runs = receipts.passed(block, device)
    if not runs:
        return words["unverified"].format(device.upper())
    said = []
    for release, receipt in runs.items():
        named = f" ({_short(receipt.device)})" if device == "cuda" else ""
        said.append(f"{release}{named}" + (f" {receipt.date}" if dates else ""))
    return f"{device.upper()} ✓ torch {words['comma'].join(said)}"


def _short(gpu: str) -> str:
    """Return `H100` for `NVIDIA H100 80GB HBM3`."""
    return gpu.removeprefix("NVIDIA ").split(" ")[0]


def _placed(block: Block, receipts: Receipts) -> bool:
    """Whether the stand-in is all that there is to say about CUDA."""
    runs = receipts.passed(block, "cpu")
    return any(receipt.placed for receipt in runs.values()) and not receipts.passed(block, "cuda")


def render(sheet: Sheet, language: str, receipts: Receipts) -> str:
    """Return the table of all blocks, and the blocks that are not run with their reasons."""
    words = WORDS[language]
    table, not_run = [words["head"], "| --- | --- | --- | --- |"], []
    for entry in sheet.entries:
        for block in entry.blocks:
            link = f"[{entry.title(language)}]({entry.page}.md#{entry.anchor}) `{block.path.name}`"
            if not block.runs:
                reason = block.shown(language).splitlines()[0].lstrip("# ")
                not_run.append(f"- {link}: {reason}")
                continue
            cpu, cuda = (_device(block, d, words, receipts, dates=True) for d in DEVICES)
            cpu = " · ".join([cpu, *_other(block, words, receipts)])
            placed = words["checked"] if _placed(block, receipts) else ""
            table.append(f"| {link} | {cpu} | {cuda} | {placed} |")
    return "\n".join([*table, "", f"## {words['not run']} {{ #not-run }}", "", *not_run])


def _other(block: Block, words: dict, receipts: Receipts) -> list[str]:
    """What a release does otherwise is said, not hidden."""
    return [
        words[receipt.outcome].format(release)
        for release, receipt in receipts.of(block, "cpu").items()
        if receipt.outcome != "passed"
    ]
