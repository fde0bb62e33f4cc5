"""MkDocs hook for Material's search; delete it together with Material.

Finds API names by any of their tails (`clip_grad_norm_` in `torch.nn.utils.clip_grad_norm_`) and
entries by the error messages that they quote, gives jieba the glossary's terms, writes Chinese
as UTF-8, and corrects the search worker: its Chinese segmenter never reaches the last character
of a query, and its score hardly counts how much of a query is found. Stops the build when the
worker is not the one it was written for.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from mkdocs.exceptions import PluginError

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TAIL = re.compile(r"[._]+(?=\w)|(?<=[a-z0-9])(?=[A-Z])")
_BOOSTS = {"names": 300.0, "messages": 1500.0}  # a word of the title has 1000, of the text 1
_MODULES = {"torch", "nn", "F", "np", "pd", "os"}
_BLOCK = re.compile(r"<pre.*?</pre>", re.DOTALL)
_INLINE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
_MESSAGE = re.compile(r"<code>\w+(?:Error|Warning): (.*?)</code>")
_TAG = re.compile(r"<[^>]+>")

# Material 9.8.1. Function `fe`: both loops stop one character early. Then the score: an entry with
# every word of the query ranks above one with a rare word of it, so that error messages are found.
_WORKER_PATCHES = (
    (
        "for(let o=s+1;o<t.length;o++)t.slice(s,o)in e",
        "for(let o=s+1;o<=t.length;o++)t.slice(s,o)in e",
    ),
    ("n[a]&&a<t.length-1&&", "n[a]&&a<t.length&&"),
    ("score:a*(1+K(g,2))", "score:a*(1+K(g,2))*K(g-!c.parent,6)"),
)


def tails(name: str) -> set[str]:
    """Return what follows each `.`, `_` and CamelCase hump of an API name, and the name itself."""
    starts = {m.end() for m in _TAIL.finditer(name)} | {0}
    found = {name[start:] for start in starts}
    return {t for t in found if len(t.strip("_")) > 1}


def api_names(text: str) -> str:
    """Return the tails of the API names in an entry's indexed HTML.

    What the prose names is what the entry teaches: it is repeated, and so ranks above a mere use.
    """
    prose = _BLOCK.sub(" ", text)
    methods = {n.rpartition(".")[2] for n in _names(text) if "." in n}
    used = {n for n in _names(text) if n.partition(".")[0] in _MODULES}
    used |= {m for m in methods if "_" in m.strip("_")}
    taught = {n for n in _names(prose) if _TAIL.search(n)}
    taught |= set(_names(" ".join(_INLINE.findall(prose))))
    lists = [sorted(set().union(*map(tails, names))) for names in (used, taught)]
    return " ".join(lists[0] + 3 * lists[1])


def _names(text: str) -> list[str]:
    return _NAME.findall(html.unescape(_TAG.sub(" ", text)))


def aliases(title: str, anchor: str) -> str:
    """Return what else a reader may call an entry: its id as a name, its verbs as infinitives."""
    words = anchor.split("-")
    stems = re.findall(r"\b([a-z]{3,})ing\b", title.lower())
    verbs = [form for s in stems for form in (s, f"{s}e", re.sub(r"(.)\1$", r"\1", s))]
    return " ".join([*3 * [*words, *verbs], "_".join(words), ".".join(words)])


def on_config(config) -> None:
    try:
        import jieba
    except ImportError as error:
        raise PluginError("jieba is missing: Chinese would not be segmented, silently") from error
    jieba.load_userdict(str(Path(__file__).with_name("jieba.txt")))


def on_post_build(config, **_) -> None:
    site = Path(config.site_dir)
    index = site / "search" / "search_index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    # No stemmer and no stop words: `no`, `where` and `to` are names here.
    content["config"] |= {"lang": ["en"], "pipeline": []}
    content["config"]["fields"] |= {name: {"boost": boost} for name, boost in _BOOSTS.items()}
    for doc in content["docs"]:
        other = aliases(doc["title"], doc["location"].partition("#")[2])
        doc["messages"] = " ".join(map(html.unescape, _MESSAGE.findall(doc["text"])))
        doc["names"] = f"{other} {api_names(doc['title'] + ' ' + doc['text'])}"
    index.write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )

    workers = list((site / "assets/javascripts/workers").glob("search.*.min.js"))
    if len(workers) != 1:
        raise PluginError(f"{len(workers)} search workers instead of one: adapt {__file__}")
    code = workers[0].read_text(encoding="utf-8")
    for old, new in _WORKER_PATCHES:
        if code.count(old) != 1:
            raise PluginError(
                f"Material's search worker has changed: {old!r} is not in it once. "
                f"See whether the Chinese segmenter is corrected upstream, then adapt {__file__}"
            )
        code = code.replace(old, new)
    workers[0].write_text(code, encoding="utf-8")
