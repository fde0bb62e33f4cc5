"""The box above a long list that shows what matches: `filter.js` does it."""

from html import escape


def filtered(kind: str, label: str, count: str, items: int) -> str:
    """Return the box with its room, and the start of the list, a `div` of class `kind`.

    `count` says how many `{}` are shown.
    """
    box = f'<input type="search" placeholder="{escape(label)}" aria-label="{escape(label)}">'
    return (
        f'<p class="filter no-print">{box}<output>{count.format(items)}</output></p>\n\n'
        f'<div class="{kind}" data-count="{count}" markdown>\n'
    )
