"""Material's style sheets without what it has for features that this site does not use.

A page that uses one of them stops the build: take its name off the list.
"""

from __future__ import annotations

import re

from mkdocs.exceptions import PluginError

# Starts of class names.
FEATURES = (
    *("md-annotation", "md-author", "md-button", "md-clipboard", "md-code__", "md-consent"),
    *(
        "md-feedback",
        "md-input",
        "md-meta",
        "md-nav--integrated",
        "md-nav--lifted",
        "md-pagination",
    ),
    *("md-path", "md-pin", "md-post", "md-progress", "md-search", "md-sidebar--post", "md-social"),
    *("md-source", "md-status", "md-tabs", "md-tag", "md-tooltip"),
    *("arithmatex", "critic", "filename", "footnote", "grid", "highlighttable", "keys", "linenos"),
    *("mermaid", "result", "tabbed-", "task-list"),
    *("abstract", "bug", "danger", "example", "failure", "info", "question", "quote", "success"),
)
COLOURS = ("custom", "black", "deep-orange")  # of mkdocs.yml; what else the palette has is unused
_NAMES = "|".join(FEATURES)
_OTHER = "|".join(COLOURS)
_UNUSED = re.compile(
    rf"\.(?:{_NAMES})|\[data-md-color-(?:primary|accent)=\"?(?!(?:{_OTHER})\b)[a-z-]+"
)
_USED = re.compile(rf"\sclass=\"?(?:[^\">]*\s)?((?:{_NAMES})[\w-]*)")
_RULE = re.compile(r"(?<=[{}])([^{}@;]+)(\{[^{}]*\})")
_EMPTY = re.compile(r"@(?:media|supports)[^{}]*\{\}")
_COMMA = re.compile(r",(?![^(]*\))")
_EXCEPT = re.compile(r":not\([^()]*\)")


def lean(css: str) -> str:
    """Return a style sheet without the selectors that only such features match."""

    def keep(rule: re.Match) -> str:
        selectors = [s for s in _COMMA.split(rule[1]) if not _UNUSED.search(_EXCEPT.sub("", s))]
        return f"{','.join(selectors)}{rule[2]}" if selectors else ""

    return _EMPTY.sub("", _RULE.sub(keep, css))


def check(page: str, where: str) -> None:
    """Stop the build where a page needs what `lean` has taken away."""
    if used := _USED.search(page):
        raise PluginError(f"{where}: styles of {used[1]!r} are taken away: adapt {__file__}")
