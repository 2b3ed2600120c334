"""The bytes of a record, made visible: as they are, indented, or in hex.

What is shown are the bytes, not what a parser made of them, so that a key that stands twice is seen twice.
"""

import re
from collections.abc import Iterator
from typing import Literal

from textual.content import Content

from console.app.drawing.layout import MUTED, fold, size
from console.text import safe, safe_lines

Form = Literal["exact", "pretty", "hex"]

LIMIT = 64 * 1024
"""Bytes of one record that are shown."""
DEEPEST = 24
"""Levels of indentation; what nests deeper stands at this one."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^"{}\[\],:\s]+|\s+', re.DOTALL)
_OPEN, _CLOSE = "{[", "}]"


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def indented(text: str) -> str:
    """JSON text with line ends and indents between its tokens; every token keeps its own spelling.

    Nothing is parsed, so that duplicate keys, long numbers and damaged or cut text come out as they stand.
    """
    out: list[str] = []
    depth = 0
    previous = ""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token.isspace():
            continue
        if token in _CLOSE:
            depth = max(depth - 1, 0)
            if previous not in _OPEN or not previous:
                out.append("\n" + "  " * min(depth, DEEPEST))
            out.append(token)
        else:
            if previous and previous in _OPEN:
                out.append("\n" + "  " * min(depth, DEEPEST))
            out.append(": " if token == ":" else token)
            if token == ",":
                out.append("\n" + "  " * min(depth, DEEPEST))
            if token in _OPEN:
                depth += 1
        previous = token
    return "".join(out)


def looks_nested(text: str) -> bool:
    """True if a value reads better when indented."""
    return len(text) > 2 and (text[0], text[-1]) in {("{", "}"), ("[", "]")}


def raw_lines(raw: bytes, form: Form, width: int) -> list[Content]:
    """The head of these bytes in one form, at most ``LIMIT`` of them, and a word on what is left out."""
    head = raw[:LIMIT]
    if form == "hex":
        lines = list(_hex(head, width))
    else:
        if not is_utf8(head):
            head = _whole(head, len(raw) > LIMIT)
        pretty = form == "pretty" and is_utf8(head)
        shown = safe_lines(indented(head.decode())) if pretty else [safe(head)]
        lines = [line for text in shown for line in _hanging(text, width)]
    if len(raw) > LIMIT:
        lines.append(Content.styled(f"showing {size(LIMIT)} of {size(len(raw))}", f"italic {MUTED}"))
    return lines or [Content.styled("no bytes", f"italic {MUTED}")]


def _whole(head: bytes, cut: bool) -> bytes:
    """Without the start of a character that the limit cut in two."""
    if not cut:
        return head
    for length in range(1, 4):
        if is_utf8(head[:-length]):
            return head[:-length]
    return head


def _hanging(text: str, width: int) -> Iterator[Content]:
    """Fold one line; what is folded stands two cells deeper than its start."""
    indent = len(text) - len(text.lstrip(" "))
    deeper = " " * min(indent + 2 if indent else 0, width // 2)
    pieces = fold(text, width - len(deeper), width)
    yield Content(next(pieces))
    for piece in pieces:
        yield Content(deeper + piece)


def _hex(raw: bytes, width: int) -> Iterator[Content]:
    """Offset, bytes in hex, printable ASCII; 16 bytes a row, or 8 where there is little room."""
    row = 16 if width >= 75 else 8
    for start in range(0, len(raw), row):
        part = raw[start : start + row]
        digits = part[:8].hex(" ") + ("  " + part[8:].hex(" ") if len(part) > 8 else "")
        printable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in part)
        yield Content.assemble(
            (f"{start:08x}", MUTED), "  ", digits.ljust(row * 3 if row == 16 else 23), "  ", (printable, MUTED)
        )
