"""The list of error messages: each that entries or errata quote, what it means, and its entry."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from ..catalogue import Entry, Sheet
from ..snippet import LANGUAGES
from . import errata
from .filtered import filtered

WORDS = {
    "zh": {
        "filter": "筛选：粘贴报错信息",
        "count": "{} 条",
        "colon": "：",
        "see": "见",
        "list": "、",
        "stop": "。",
    },
    "en": {
        "filter": "Filter: paste the message",
        "count": "{} messages",
        "colon": ": ",
        "see": "See ",
        "list": ", ",
        "stop": ".",
    },
}
_SPAN = re.compile(r"`([^`\n]+)`")
_TYPED = re.compile(r"^(\w+(?:Error|Warning)): ")
_WORDS = re.compile(r"[A-Za-z_][\w'()-]*,?(?: (?:[(]?[a-z'][\w'/()-]*|\d+\)),?){2,}")
# Rows of the errata whose message has a hundred other causes: it belongs to Python, or to a slip.
SLIPS = {
    "e10",
    "e22",
    "e26",
    "e47",
    "e60",
    "e64",
    "e68",
    "e71",
    "e72",
    "e82",
    "e84",
    "e89",
    "e94",
    "e97",
}
SLIPS |= {"e105", "e128", "e154"}
_COMMAND = re.compile(r"^(?:pip|python|wandb|nvidia-smi|nox|torchrun|for)\b|^[A-Z_]+=")
_UNIT = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=!!! )")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_SENTENCE = {"zh": re.compile(r"(?<=[。！？])"), "en": re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"])")}


# A sentence stands under its message and need not quote it again.
_THIS = {"zh": (r"报错|抛出|报", "报这个错"), "en": (r"raises?", r"\1 this")}


@dataclass
class Message:
    """A message as it is pasted, its cause in each language, and the entries that explain it.

    Of several causes, the one of most `weight` is told: what the decoder says holds most often, and
    an entry says more than a row of the errata.
    """

    text: str
    cause: dict[str, str]
    entries: list[Entry]
    weight: int
    rows: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return plain(self.text)

    def add(self, entry: Entry) -> None:
        if entry not in self.entries:
            self.entries.append(entry)


def plain(text: str) -> str:
    """Return what two quotations of a message share: its words, without the exception's name."""
    return " ".join(_TYPED.sub("", text).rstrip(" .…:").lower().split())


def is_message(span: str) -> bool:
    """Whether a code span is what PyTorch says, not what one types."""
    if _TYPED.match(span):
        return True
    if not _WORDS.search(span) or _COMMAND.match(span):
        return False
    try:
        ast.parse(span)
    except SyntaxError:
        return True
    return False


def collected(sheet: Sheet) -> list[Message]:
    """Return all messages, each once, by their words."""
    entries = {entry.id: entry for page in sheet.topics for entry in page.entries}
    found: list[Message] = []
    # The decoder first: it quotes messages in full and says of each what to do.
    for entry in sorted(entries.values(), key=lambda entry: entry.anchor != "error-decoder"):
        found += _quoted(entry, entries)
    for row in errata.load(sheet.root):
        if row.error and row.entry in entries and row.id not in SLIPS:
            typed = _TYPED.match(row.error)
            text = row.error if typed or is_message(row.error) else ""
            if text:
                cause = {
                    la: f"{row.title[la]}{WORDS[la]['colon']}{row.right[la]}" for la in LANGUAGES
                }
                found.append(Message(text, cause, [entries[row.entry]], 0, [row.id]))
    return sorted(_merged(found), key=lambda message: message.key.lstrip("'\"(…"))


def _merged(found: list[Message]) -> list[Message]:
    """Put quotations of one message together: the longest stands for the shorter ones in it."""
    kept: list[Message] = []
    for message in sorted(found, key=lambda message: -len(message.key)):
        whole = next((k for k in kept if _holds(k.key, message.key)), None)
        if not whole:
            kept.append(message)
            continue
        if (typed := _TYPED.match(message.text)) and not _TYPED.match(whole.text):
            whole.text = typed[0] + whole.text
        if message.weight > whole.weight:
            whole.cause, whole.weight = message.cause, message.weight
        for entry in message.entries:
            whole.add(entry)
        whole.rows += message.rows
    return kept


def _holds(whole: str, part: str) -> bool:
    """Whether a message holds a shorter quotation of it, in which … stands for anything."""
    pieces = [re.escape(piece.strip()) for piece in part.split("…") if piece.strip()]
    return bool(re.search(".*".join(pieces), whole))


def _quoted(entry: Entry, entries: dict[str, Entry]) -> list[Message]:
    units = {la: _UNIT.split(entry.sections[la].text) for la in LANGUAGES}
    found = []
    for unit in units["en"]:
        for span in filter(is_message, _SPAN.findall(unit)):
            cause = {}
            for language in LANGUAGES:
                here = next((u for u in units[language] if f"`{span}`" in u), "")
                cause[language] = _cause(here, span, language)
            decoder = entry.anchor == "error-decoder"
            cures = _linked(entry, unit, entries) if decoder else []
            found.append(Message(span, cause, [*cures, entry], weight=2 if decoder else 1))
    return found


def _linked(entry: Entry, unit: str, entries: dict[str, Entry]) -> list[Entry]:
    """Return the entries that a piece of prose leads to."""
    found = []
    for _, target in _LINK.findall(unit):
        path, _, anchor = target.partition("#")
        name = path.removesuffix(".md").rpartition("/")[2]
        for other in entries.values():
            page = other.page.rpartition("/")[2]
            if other.anchor == anchor and page == (name or entry.page.rpartition("/")[2]):
                found.append(other)
    return found


def _cause(unit: str, span: str, language: str) -> str:
    """Return the sentence that says what a message means, links as their words."""
    text = " ".join(_LINK.sub(r"\1", unit).split())
    text = re.sub(r"^(?:[-*]|\d+\.) |^!!! \w+ \"[^\"]*\" ", "", text)
    first = _SPAN.match(text)
    parts = re.split(r"`[：:]\s*", text, maxsplit=1)
    sentences = _SENTENCE[language].split(text)
    if first and is_message(first[1]) and len(parts) == 2:  # a message, and what to do
        found = [s for s in _SENTENCE[language].split(parts[1]) if not re.match(r"See |见", s)]
    else:
        found = [s for s in sentences if f"`{span}`" in s][:1] or [text]
    verb, this = _THIS[language]
    found = [re.sub(f"({verb}) ?`{re.escape(span)}`", this, sentence) for sentence in found]
    said = (" " if language == "en" else "").join(found).strip().rstrip(":：")
    word = said.partition(" ")[0]
    return said[:1].upper() + said[1:] if language == "en" and word.isalpha() else said


def render(sheet: Sheet, language: str) -> str:
    """Return the list, to be filtered by what one pastes."""
    words = WORDS[language]
    messages = collected(sheet)
    lines = [filtered("messages", words["filter"], words["count"], len(messages))]
    for message in messages:
        links = [f"[{e.title(language)}]({e.page}.md#{e.anchor})" for e in message.entries]
        cause = message.cause[language]
        end = "" if cause.endswith((".", "。", "！", "!")) else words["stop"]
        gap = " " if language == "en" else ""
        lines.append(f"- `{message.text}`  ")
        lines.append(
            f"    {cause}{end}{gap}{words['see']}{words['list'].join(links)}{words['stop']}"
        )
    return "\n".join([*lines, "", "</div>"])
