"""The API index: each symbol of torch and torchvision that a block uses, its entries, its page."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urljoin

from .. import symbols
from ..catalogue import Entry, Sheet
from ..lint import links
from .filtered import filtered

WORDS = {
    "zh": {
        "filter": "筛选：名称的一部分",
        "count": "{} 个名称",
        "more": "等 {} 条",
        "list": "、",
        "colon": "：",
    },
    "en": {
        "filter": "Filter: a part of a name",
        "count": "{} names",
        "more": ", and {} more",
        "list": ", ",
        "colon": ": ",
    },
}
SHOWN = 4
DOCS = "https://docs.pytorch.org/docs/stable/"
_GENERATED = re.compile(
    r"torch\.(?:Tensor\.\w+|nn\.[A-Z]\w+|nn\.functional\.\w+|optim\.[A-Z]\w+|optim\.Optimizer\.\w+"
    r"|optim\.lr_scheduler\.[A-Z]\w+|linalg\.\w+|nn\.utils\.clip_\w+|nn\.utils\.rnn\.\w+"
    r"|nn\.parallel\.\w+|nn\.attention\.[a-z]\w+|func\.\w+|(?!inf$|nan$)[a-z]\w*|Generator|cuda\.\w+"
    r"|accelerator\.\w+|autograd\.grad)"
)
_MEMBER = re.compile(
    r"(?P<page>torch\.(?:nn\.Module|nn\.[A-Z]\w+|optim\.lr_scheduler\.\w+|optim\.[A-Z]\w+|Generator))\.\w+"
)
_WITH_MEMBERS = {"torch.nn.Module", "torch.optim.lr_scheduler.LRScheduler", "torch.Generator"}
# What stands elsewhere than its name says, as the sources and the pages of 2.14 have it: a symbol, or
# a start with `.*`, and its address below DOCS; `{}` is the symbol.
_ELSEWHERE = {
    r"torch\.(?:bfloat16|bool|float\d+|u?int\d+|long)|torch\.Tensor\.dtype": (
        "tensor_attributes.html#torch.dtype"
    ),
    r"torch\.device\..*": "tensor_attributes.html#torch.device",
    r"torch\.Tensor\.m?T": "tensors.html#{}",
    r"torch\.(?P<is>[fi]info)(?:\..*)?": "type_info.html#torch.torch.{is}",
    r"torch\.(?:inf|nan)": "torch.html#constants",
    r"torch\.Tensor\.(?P<is>relu|log_softmax)": "generated/torch.nn.functional.{is}.html",
    r"torch\.UntypedStorage\..*": "storage.html#{}",
    r"torch\.(?P<is>accelerator|cuda)\.(?P<of>(?:max_)?memory_\w+|empty_cache)": (
        "generated/torch.{is}.memory.{of}.html"
    ),
    r"torch\.amp\.GradScaler(?:\..*)?": "amp.html#gradient-scaling",
    r"torch\.autograd\.(?:Function|set_detect_anomaly|graph\.\w+)": "autograd.html#{}",
    r"torch\.autograd\.profiler_util\.EventList\.\w+": (
        "generated/torch.autograd.profiler_util.EventList.html#{}"
    ),
    r"torch\.autograd\.gradcheck": "generated/torch.autograd.gradcheck.gradcheck.html",
    r"torch\.autograd\.function\..*": "generated/{}.html",
    r"torch\.backends\..*": "backends.html#{}",
    r"torch\.distributed\.(?P<is>destroy_process_group)": (
        "distributed.html#torch.distributed.distributed_c10d.{is}"
    ),
    r"torch\.distributed\..*": "distributed.html#{}",
    r"torch\.export\.Dim": (
        "user_guide/torch_compiler/export/api_reference.html#torch.export.dynamic_shapes.Dim"
    ),
    r"torch\.export\.ExportedProgram\..*": (
        "user_guide/torch_compiler/export/api_reference.html#torch.export.ExportedProgram"
    ),
    r"torch\.export\..*": "user_guide/torch_compiler/export/api_reference.html#{}",
    r"torch\.inference_mode": "generated/torch.autograd.grad_mode.inference_mode.html",
    r"torch\.nn\.Flatten": "generated/torch.nn.modules.flatten.Flatten.html",
    r"torch\.nn\.Module\.training": "generated/torch.nn.Module.html",
    r"torch\.nn\.Parameter": "generated/torch.nn.parameter.Parameter.html",
    r"torch\.nn\.attention\.SDPBackend\..*": "generated/torch.nn.attention.SDPBackend.html",
    r"torch\.nn\.init\..*": "nn.init.html#{}",
    r"torch\.optim\.Optimizer": "optim.html#{}",
    r"torch\.optim\.Optimizer\.\w+": "generated/{}.html",
    r"torch\.optim\.swa_utils\..*": "optim.html#weight-averaging-swa-and-ema",
    r"torch\.profiler\.profile(?:\..*)?": "profiler.html#torch.profiler.profile",
    r"torch\.profiler\..*": "profiler.html",
    r"torch\.utils\.benchmark\..*": "benchmark_utils.html#{}",
    r"torch\.utils\.data\.DistributedSampler(?:\..*)?": (
        "data.html#torch.utils.data.distributed.DistributedSampler"
    ),
    r"torch\.utils\.data\.DataLoader\..*": "data.html#torch.utils.data.DataLoader",
    r"torch\.utils\.data\..*": "data.html#{}",
    r"torch\.utils\.tensorboard\.(?P<is>.*)": "tensorboard.html#torch.utils.tensorboard.writer.{is}",
    r"torchvision\.models\.WeightsEnum\..*": (
        "../../vision/stable/models.html#using-the-pre-trained-models"
    ),
    r"torchvision\.models\.resnet18": "../../vision/stable/models/generated/{}.html",
    r"torchvision\.models\.ResNet18_Weights\..*": (
        "../../vision/stable/models/generated/torchvision.models.resnet18.html"
        "#torchvision.models.ResNet18_Weights"
    ),
    r"torchvision\.(?:transforms\.v2|tv_tensors)\..*": "../../vision/stable/generated/{}.html",
}


@dataclass(frozen=True)
class Symbol:
    """A name as one writes it, the entries whose blocks use it, the official page if it is known."""

    name: str
    entries: tuple[Entry, ...]
    page: str | None

    @property
    def group(self) -> str:
        return self.name.rpartition(".")[0]


def index(sheet: Sheet) -> list[Symbol]:
    """Return all symbols by name; the entries that teach one stand before those that use it."""
    methods, addresses = symbols.read(sheet.root), links.known(sheet.root)
    uses: dict[str, dict[str, int]] = defaultdict(dict)
    entries = {entry.id: entry for page in sheet.topics for entry in page.entries}
    for entry in entries.values():
        prose = set(
            re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", entry.sections["en"].text)))
        )
        title = set(re.findall(r"\w+", entry.title("en")))
        for block in entry.blocks:
            if block.kind != "python":
                continue
            essential = set(re.findall(r"\w+", "\n".join(block.essential)))
            for name in symbols.of_block(block, methods):
                last = name.rpartition(".")[2]
                rank = (4 if last in title else 2 if last in prose else 0) + (last in essential)
                uses[name][entry.id] = max(rank, uses[name].get(entry.id, 0))
    order = list(entries)
    return [
        Symbol(
            name,
            tuple(entries[i] for i in sorted(found, key=lambda i: (-found[i], order.index(i)))),
            official(name, addresses),
        )
        for name, found in sorted(uses.items(), key=lambda use: (use[0].lower(), use[0]))
    ]


def official(name: str, addresses: set[str]) -> str | None:
    """Return the official page of a symbol: one that was looked at, or one whose place is certain."""
    for address in sorted(addresses):
        if re.search(rf"(?:generated/|#){re.escape(name)}(?:\.html)?$", address):
            return address
    for pattern, place in _ELSEWHERE.items():
        if found := re.fullmatch(pattern, name):
            return urljoin(DOCS, place.format(name, **found.groupdict()))
    if member := _MEMBER.fullmatch(name):
        fragment = f"#{name}" if member["page"] in _WITH_MEMBERS else ""
        return f"{DOCS}generated/{member['page']}.html{fragment}"
    return f"{DOCS}generated/{name}.html" if _GENERATED.fullmatch(name) else None


def render(sheet: Sheet, language: str) -> str:
    """Return the index by module and class."""
    words = WORDS[language]
    symbols = index(sheet)
    lines = [filtered("names", words["filter"], words["count"], len(symbols))]
    group = None
    for symbol in sorted(symbols, key=lambda s: (s.group.lower(), s.name.lower(), s.name)):
        if symbol.group != group:
            group = symbol.group
            lines += ["", f"## {group} {{ #{group.replace('.', '-')} }}", ""]
        lines.append(_item(symbol, language))
    return "\n".join([*lines, "", "</div>"])


def _item(symbol: Symbol, language: str) -> str:
    words, last = WORDS[language], symbol.name.rpartition(".")[2]
    name = f"[`{last}`]({symbol.page})" if symbol.page else f"`{last}`"
    shown = [f"[{e.title(language)}]({e.page}.md#{e.anchor})" for e in symbol.entries[:SHOWN]]
    rest = len(symbol.entries) - len(shown)
    more = words["more"].format(rest if language == "en" else len(symbol.entries)) if rest else ""
    return f"- {name}{words['colon']}{words['list'].join(shown)}{more}"


def as_json(sheet: Sheet, language: str, home: str) -> str:
    """Return the whole index for programs."""
    data = [
        {
            "name": symbol.name,
            "official": symbol.page,
            "entries": [
                {"title": e.title(language), "url": f"{home}{e.page}/#{e.anchor}"}
                for e in symbol.entries
            ],
        }
        for symbol in index(sheet)
    ]
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
