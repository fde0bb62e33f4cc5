"""MkDocs hook for what only Material needs; delete it together with Material.

Search: finds API names by any of their tails (`clip_grad_norm_` in
`torch.nn.utils.clip_grad_norm_`) and entries by the error messages that they quote, gives jieba
the glossary's terms, writes Chinese as UTF-8, and corrects the search worker: its Chinese segmenter
never reaches the last character of a query, and its score hardly counts how much of a query is
found. Languages: links each page to itself in the other language, for readers and search engines.

Stops the build when what it patches is not what it was written for.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority

from .. import assets
from ..glossary import other_names, search_words
from ..release import Release

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TAIL = re.compile(r"[._]+(?=\w)|(?<=[a-z0-9])(?=[A-Z])")
_BOOSTS = {"names": 300.0, "messages": 1500.0}  # a word of the title has 1000, of the text 1
_MODULES = {"torch", "nn", "F", "np", "pd", "os"}
_BLOCK = re.compile(r"<pre.*?</pre>", re.DOTALL)
_INLINE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
_MESSAGE = re.compile(r"<code>\w+(?:Error|Warning): (.*?)</code>")
_TAG = re.compile(r"<[^>]+>")

# Material 9.8.1, the search worker. Function `fe`: both loops stop one character early. Then the score: an entry with
# every word of the query ranks above one with a rare word of it, so that error messages are found.
# Last, the query: a minus excludes a word, but -100 is a number.
_WORKER_PATCHES = (
    (
        "for(let o=s+1;o<t.length;o++)t.slice(s,o)in e",
        "for(let o=s+1;o<=t.length;o++)t.slice(s,o)in e",
    ),
    ("n[a]&&a<t.length-1&&", "n[a]&&a<t.length&&"),
    ("score:a*(1+K(g,2))", "score:a*(1+K(g,2))*K(g-!c.parent,6)"),
    (
        r"""(?:^|\s+)[*+\-:^~]+(?=\s+|$)/g,"")""",
        r"""(?:^|\s+)[*+\-:^~]+(?=\s+|$)/g,"").replace(/(^|\s)-(?=\d)/g,"$1")""",
    ),
)
# The bundle: Material reads a sitemap per language on every page to find what the links now say.
_BUNDLE_PATCHES = (("link[rel=alternate]", "link[rel=none]"),)
# Material's own style sheets are read in one file with ours.
_SHEETS = ("assets/stylesheets/main.*.min.css", "assets/stylesheets/palette.*.min.css")
# The banner of an outdated version: this address is relative, and URL() throws without a base.
_BANNER_PATCHES = (('"),outdated=__md_get(', '",location),outdated=__md_get('),)


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


def segmented(text: str) -> str:
    """Return text as Material's index has it: U+200B between Chinese words."""
    import jieba

    return "\u200b".join(jieba.cut(text))


def patch(text: str, patches: tuple[tuple[str, str], ...], where: str) -> str:
    """Replace what stands in `text` exactly once, or stop the build."""
    for old, new in patches:
        if text.count(old) != 1:
            raise PluginError(
                f"Material has changed: {old!r} is not once in {where}. "
                f"See whether upstream corrected what is patched here, then adapt {__file__}"
            )
        text = text.replace(old, new)
    return text


def patch_file(site: Path, pattern: str, patches: tuple[tuple[str, str], ...]) -> None:
    files = list((site / "assets/javascripts").glob(pattern))
    if len(files) != 1:
        raise PluginError(f"{len(files)} files {pattern} instead of one: adapt {__file__}")
    code = files[0].read_text(encoding="utf-8")
    files[0].write_text(patch(code, patches, files[0].name), encoding="utf-8")


@event_priority(100)  # before the offline plugin, which would load this script from a CDN
def on_config(config) -> None:
    try:
        import jieba
    except ImportError as error:
        raise PluginError("jieba is missing: Chinese would not be segmented, silently") from error
    for word in search_words(Path(__file__).parents[3]):
        jieba.add_word(word, 9999, "n")
    release = Release.of_this_build()
    if release and release.offline:
        config.plugins["material/offline"].config.enabled = True
        config.extra["polyfills"] = ["assets/javascripts/offline/iframe-worker.js"]
    for alternate in config.extra["alternate"]:
        alternate["home"] = alternate["link"]


def on_files(files, config) -> None:
    assets.join(files, config, first=_SHEETS)


def on_page_context(context, page, config, **_) -> None:
    page.canonical_url = f"{config.site_url or ''}{address(page)}"
    for alternate in config.extra["alternate"]:
        alternate["link"] = alternate["home"] + address(page)


def address(page) -> str:
    """Return a page's address below its language, also when it is built to be read offline."""
    url = page.file.url.removeprefix("./").removesuffix("index.html")
    return f"{url.removesuffix('.html')}/" if url.endswith(".html") else url


def on_post_page(output: str, page, config, **_) -> str:
    """The links for readers stay in the version, those for search engines name the latest."""
    head = '<link rel="alternate" href="{}" hreflang="{}">'
    patches = []
    for alternate in config.extra["alternate"]:
        old = head.format(alternate["link"], alternate["lang"])
        new = head.format(f"{alternate['canonical']}{address(page)}", alternate["lang"])
        patches.append((old, new + (new.replace('"zh"', '"x-default"') if "zh" in old else "")))
    return patch(output, (*patches, *_BANNER_PATCHES), page.file.src_uri)


def on_template_context(context, template_name: str, config) -> None:
    """A 404 page stands in its version, whose files it needs, not in the latest one."""
    if template_name == "404.html":
        homes = {a["lang"]: a["home"] for a in config.extra["alternate"]}
        context["base_url"] = urlsplit(homes[config.theme["language"]]).path


def on_post_template(output_content: str, template_name: str, **_) -> str | None:
    if template_name != "404.html":
        return None
    return patch(output_content, _BANNER_PATCHES, template_name)


def on_post_build(config, **_) -> None:
    site = Path(config.site_dir)
    index = site / "search" / "search_index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    # No stemmer and no stop words: `no`, `where` and `to` are names here.
    content["config"] |= {"lang": ["en"], "pipeline": []}
    content["config"]["fields"] |= {name: {"boost": boost} for name, boost in _BOOSTS.items()}
    named = other_names(Path(__file__).parents[3])
    for doc in content["docs"]:
        other = aliases(doc["title"], doc["location"].partition("#")[2])
        names = named.get(doc["location"].replace("/#", "#"), [])
        other += f" {' '.join(2 * [segmented(name) for name in names])}"
        doc["messages"] = " ".join(map(html.unescape, _MESSAGE.findall(doc["text"])))
        doc["names"] = f"{other} {api_names(doc['title'] + ' ' + doc['text'])}"
    index.write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    patch_file(site, "workers/search.*.min.js", _WORKER_PATCHES)
    patch_file(site, "bundle.*.min.js", _BUNDLE_PATCHES)
