"""The line under a block, and the verification page: what ran where, as the receipts have it."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

from packaging.version import Version

from ..catalogue import Block, Sheet
from ..receipts import DEVICES, Receipt, Receipts

WORDS = {
    "zh": {
        "source": "源代码",
        "download": "下载",
        "essential": "复制要点",
        "unverified": "{}：尚未验证",
        "placed": "设备放置已检查",
        "unplaced": "设备放置未检查",
        "unless": "本页代码块除另有注明外：{}。",
        "console": "不运行",
        "since": "需要 torch {} 以上",
        "comma": "、",
        "head": "| 设备 | torch | 代码块 | 最近一次 |",
        "exceptions": "例外",
        "others": "**其余 {} 个代码块**：{}",
        "not run": "不运行的代码块",
        "differs": "torch {} 的输出不同",
        "failed": "torch {} 不能运行",
        "example": "<code>#~</code>：示例输出，因机器而异",
        "stale": "这一条正在修订，两种语言尚未核对",
    },
    "en": {
        "source": "Source",
        "download": "Download",
        "essential": "Copy the essential lines",
        "unverified": "{}: not yet verified",
        "placed": "placement checked",
        "unplaced": "placement not checked",
        "unless": "Blocks of this page, unless noted: {}.",
        "console": "not run",
        "since": "since torch {}",
        "comma": ", ",
        "head": "| Device | torch | Blocks | Last run |",
        "exceptions": "Exceptions",
        "others": "**The other {} blocks**: {}",
        "not run": "Blocks that are not run",
        "differs": "prints otherwise on torch {}",
        "failed": "fails on torch {}",
        "example": "<code>#~</code>: example output, yours will differ",
        "stale": "being revised, the two languages are not yet reconciled",
    },
}


def line_under(
    block: Block, language: str, receipts: Receipts, source_url: str, stale: bool = False
) -> str:
    """Return the row that stands under a block: its files, and what is not so of most blocks.

    `stale` says that the entry changed in one language since both were read together.
    """
    words, code = WORDS[language], block.shown(language)
    asides = exceptions(block, language, receipts)
    asides += [words["example"]] if re.search(r"^\s*#~", code, re.MULTILINE) else []
    asides += [words["stale"]] if stale else []
    needs = f' data-imports="{escape(chr(10).join(block.imports))}"' if block.imports else ""
    copy = f'<button type="button" data-copy="essential"{needs}>{words["essential"]}</button> '
    return (
        '<p class="snippet" data-search-exclude markdown="span">'
        f"{copy if block.essential else ''}"
        f'[{words["download"]}]({download(block)}){{ download="{block.path.name}" }} '
        f"[{words['source']}]({source_url + block.name})"
        f"{''.join(f' <span>{aside}</span>' for aside in asides)}</p>"
    )


def download(block: Block) -> str:
    """Return where a block's file stands, from its page; `build/pages/` and the site have it."""
    return f"{block.page.rpartition('/')[2]}/{block.path.name}"


def of_most(receipts: Receipts, language: str) -> dict[str, str]:
    """Return what is said of a device, and of placement, for the most blocks that run."""
    runnable = [block for block in receipts.sheet.blocks if block.runs]
    said = [_claims(block, language, receipts) for block in runnable]
    return {key: Counter(claims[key] for claims in said).most_common(1)[0][0] for key in said[0]}


def exceptions(block: Block, language: str, receipts: Receipts) -> list[str]:
    """Return what is not so of most blocks: another device, a newer torch, a block that is not run."""
    words = WORDS[language]
    if not block.runs:
        return [words["console"]]
    most, said = of_most(receipts, language), _claims(block, language, receipts)
    found = [text or words["unplaced"] for key, text in said.items() if text != most[key]]
    since = receipts.since(block)
    return found + ([words["since"].format(since)] if since else [])


def of_a_page(language: str, receipts: Receipts) -> str:
    """Return what a page with blocks says once, below the last of them."""
    words = WORDS[language]
    said = " · ".join(filter(None, of_most(receipts, language).values()))
    return f'<p class="verified" data-search-exclude markdown="span">{words["unless"].format(said)}</p>'


def _claims(block: Block, language: str, receipts: Receipts) -> dict[str, str]:
    """Return what there is to say of the pinned torch; of others only the verification page."""
    words = WORDS[language]
    claims = {}
    for device in DEVICES:
        claims[device] = words["unverified"].format(device.upper())
        for release, receipt in list(receipts.passed(block, device).items())[:1]:
            claims[device] = f"{device.upper()} ✓ torch {release}{_named(receipt, device)}"
    return claims | {"placement": words["placed"] if _placed(block, receipts) else ""}


def badge(block: Block, language: str, receipts: Receipts) -> str:
    """Return all that there is to say of where a block ran."""
    words = WORDS[language]
    if not block.runs:
        return words["console"]
    said = [_device(block, device, words, receipts) for device in DEVICES]
    if _placed(block, receipts):
        said.append(words["placed"])
    if since := receipts.since(block):
        said.append(words["since"].format(since))
    return " · ".join(said)


def _device(block: Block, device: str, words: dict, receipts: Receipts) -> str:
    runs = receipts.passed(block, device)
    if not runs:
        return words["unverified"].format(device.upper())
    said = []
    for release, receipt in runs.items():
        said.append(f"{release}{_named(receipt, device)}")
    return f"{device.upper()} ✓ torch {words['comma'].join(said)}"


def _named(receipt: Receipt, device: str) -> str:
    return "" if device == "cpu" else f" ({_short(receipt.device)})"


def _short(gpu: str) -> str:
    """Return `H100` for `NVIDIA H100 80GB HBM3`."""
    return gpu.removeprefix("NVIDIA ").split(" ")[0]


def _placed(block: Block, receipts: Receipts) -> bool:
    """Whether the stand-in is all that there is to say about CUDA."""
    runs = receipts.passed(block, "cpu")
    return any(receipt.placed for receipt in runs.values()) and not receipts.passed(block, "cuda")


def render(sheet: Sheet, language: str, receipts: Receipts) -> str:
    """Return what ran where, the blocks that are an exception, and those that are not run, and why."""
    words = WORDS[language]
    runnable = [block for block in sheet.blocks if block.runs]
    lines, apart, not_run = [words["head"], "| --- | --- | --- | --- |"], [], []
    for device, release in sorted(receipts.lines, key=lambda key: (key[0], _newest(key[1]))):
        runs = [receipts.passed(block, device).get(release) for block in runnable]
        if runs := [run for run in runs if run]:
            where = ", ".join(sorted({_short(run.device) for run in runs}))
            named = f"{device.upper()} ({where})" if device != "cpu" else device.upper()
            last = max(run.date for run in runs)
            lines.append(f"| {named} | {release} | {len(runs)} / {len(runnable)} | {last} |")
    for entry in sheet.entries:
        for block in entry.blocks:
            link = f"[{entry.title(language)}]({entry.page}.md#{entry.anchor}) `{block.path.name}`"
            if not block.runs:
                reason = block.shown(language).splitlines()[0].lstrip("# ")
                not_run.append(f"- {link}: {reason}")
            elif exceptions(block, language, receipts) or _other(block, words, receipts):
                said = [badge(block, language, receipts), *_other(block, words, receipts)]
                apart.append(f"- {link}: {' · '.join(said)}")
    most = " · ".join(filter(None, of_most(receipts, language).values()))
    others = len(runnable) - len(apart)
    lines += ["", f"## {words['exceptions']} {{ #exceptions }}", "", *apart]
    lines += [f"- {words['others'].format(others, most)}"]
    return "\n".join([*lines, "", f"## {words['not run']} {{ #not-run }}", "", *not_run])


def _newest(release: str) -> tuple[int, ...]:
    return tuple(-part for part in Version(release).release)


def _other(block: Block, words: dict, receipts: Receipts) -> list[str]:
    """What a release does otherwise is said, not hidden."""
    return [
        words[receipt.outcome].format(release)
        for release, receipt in receipts.of(block, "cpu").items()
        if receipt.outcome != "passed"
    ]
