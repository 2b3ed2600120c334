"""The one boundary where foreign text becomes showable text.

Everything that came from a ledger, a path or an error passes here before a terminal sees it. Characters that a
terminal would obey, hide or reorder are shown, never removed: C0 and DEL as control pictures (``␛``, ``␡``), all
others that are not printable (C1, bidi controls, zero-width, odd spaces, separators, surrogates, private use,
unassigned) as ``⟨U+202E⟩``, bytes that are not UTF-8 as ``⟨0xFF⟩``. Two different texts never look the same: text that
spells such a picture or code itself is shown by its code points.
"""

import re
import unicodedata

ELLIPSIS = "…"
MARKS_IN_A_ROW = 4
"""Combining marks that one letter may carry; further ones are shown by their code."""

_UNSEEN = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
"""Printable by their category, yet drawn as nothing: fillers, joiners, variation selectors, the blank Braille cell."""

_FORGED = re.compile(r"⟨(?=U\+|0x|\+)")
_ANY_DANGER = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_CACHED = 8192


class SafeText(str):
    """Text that may be shown: every character in it is printable. Made by ``safe`` and ``safe_lines``."""

    __slots__ = ()


def safe(text: str | bytes, *, limit: int | None = None) -> SafeText:
    """One line of showable text. LF is shown as ``␊``, a tab as ``␉``.

    With ``limit`` at most so many characters (of the text, or bytes of the bytes) are shown, and how many are left.
    """
    if limit is not None and len(text) > limit:
        return SafeText(f"{safe(text[:limit])}{ELLIPSIS}⟨+{len(text) - limit:,}⟩")
    if isinstance(text, SafeText):
        return text
    if isinstance(text, bytes):
        return _safe_bytes(text)
    if text.isascii():
        return SafeText(text if text.isprintable() else text.translate(_SHOWN))
    return SafeText(_marks(_FORGED.sub("⟨U+27E8⟩", text).translate(_SHOWN)))


def safe_lines(text: str | bytes) -> list[SafeText]:
    """Lines of showable text for panels: LF ends a line and is not shown, everything else is as in ``safe``."""
    if isinstance(text, bytes):
        return [safe(line) for line in text.split(b"\n")]
    return [safe(line) for line in text.split("\n")]


def sweep(text: str) -> str:
    """Make harmless what should have gone through ``safe``: the last line of defence, and idempotent.

    One character becomes one character, so that a layout stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return _ANY_DANGER.sub(_one, text)


def _safe_bytes(raw: bytes) -> SafeText:
    text = raw.decode("utf-8", "surrogateescape")
    pieces: list[str] = []
    start = 0
    for found in _BAD_BYTE.finditer(text):
        pieces.append(safe(text[start : found.start()]))
        pieces.append(f"⟨0x{ord(found[0]) - 0xDC00:02X}⟩")
        start = found.end()
    pieces.append(safe(text[start:]))
    return SafeText("".join(pieces))


def _marks(text: str) -> str:
    """Marks that would pile up, or fall on what stands before the text, shown by their codes."""
    row = MARKS_IN_A_ROW
    shown: list[str] = []
    for char in text:
        if char < "\u0300" or not unicodedata.category(char).startswith("M"):
            row = 0
        elif row >= MARKS_IN_A_ROW:
            char = _code(ord(char))
        else:
            row += 1
        shown.append(char)
    return "".join(shown)


def _code(point: int) -> str:
    return f"⟨U+{point:04X}⟩"


def _one(found: re.Match[str]) -> str:
    point = ord(found[0])
    return chr(0x2400 + point) if point < 0x20 else "␡" if point == 0x7F else "\N{REPLACEMENT CHARACTER}"


class _Shown(dict[int, str]):
    """Code point → what is shown, worked out when first met. Bounded, since a ledger chooses what is met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        if point < 0x20:
            shown = chr(0x2400 + point)
        elif point == 0x7F:
            shown = "␡"
        elif 0x2400 <= point <= 0x2426 or point in _UNSEEN or not char.isprintable():
            shown = _code(point)
        else:
            shown = char
        if len(self) < _CACHED:
            self[point] = shown
        return shown


_SHOWN = _Shown()


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def no_formula(cell: str) -> str:
    """A cell of a table that no spreadsheet takes for a formula: with an apostrophe before what begins like one."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
