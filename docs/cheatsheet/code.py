"""The HTML of code: lighter than the highlighter writes it, and fit for a narrow screen.

There, what does not fit continues below, deeper than its line begins.
"""

from __future__ import annotations

import html
import re
from itertools import count
from unicodedata import east_asian_width

COLUMNS = 38  # a line of so many fits on the narrowest phone, 360 px
BUTTON = 14  # of them are taken by the button that copies, beside the first lines
_CODE = re.compile(r"(?<=<code>)[^<]*(?:<(?!/code>)[^<]*)*(?=</code></pre>)")
_PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')  # names, operators, brackets, gaps
_LINE = re.compile(r'((?:</span>)?)((?:<span class="hll">)?)(.*)\n')
_START = re.compile(r"^( +(?:&\w+;|[^ <&]))")  # no line breaks between its indentation and its text
_TAG = re.compile(r"<[^>]+>")


def lighter(page: str) -> str:
    """Take away the elements that have the colour of all code: two of three."""
    return _CODE.sub(lambda code: _PLAIN.sub(r"\1", code[0]), page)


def hanging(page: str) -> str:
    """Put each long line of code into an element whose class names its indentation, `hang i4`."""
    return _CODE.sub(_hung, page)


def hung(lines: str) -> str:
    """Return lines of HTML, the long ones among them in such elements."""
    made = _LINE.sub(lambda line: _hang(line, beside_the_button=False), f"{lines}\n")
    return re.sub(r"\n(</span>)?$", r"\1", made)


def _hung(code: re.Match) -> str:
    lines = count()
    return _LINE.sub(lambda line: _hang(line, next(lines) < 2), code[0])


def _hang(line: re.Match, beside_the_button: bool) -> str:
    before, essential, rest = line.groups()
    room = COLUMNS - BUTTON * beside_the_button
    text = html.unescape(_TAG.sub("", rest))
    if sum(1 + (east_asian_width(char) in "WF") for char in text) <= room:
        return line[0]
    rest = _START.sub(r'<span class="stay">\1</span>', rest)
    indent = len(text) - len(text.lstrip(" "))
    name = f"hang i{min(indent, 16)}" if indent else "hang"
    if essential:
        return f'{before}<span class="hll {name}">{rest}\n'
    return f'{before}<span class="{name}">{rest}\n</span>'
