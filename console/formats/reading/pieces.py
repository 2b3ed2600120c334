"""Whole JSON objects in the bytes of a damaged record, and what stands between them.

A torn write, a gap of zeros or a lost line end damages one line, and rarely all that is in it. So whole objects are
looked for where the damage ends: a walk by JSON's grammar (RFC 8259) shows where a record breaks off, and the next one
begins there, or within what was taken for a string. An object that is a value of a torn record is no record: where a
torn record ends right behind it, both may be meant, and its first key decides; where the record's beginning is missing,
what stands around it does.

What is found depends on the bytes from the end of the piece before on, and on nothing else: so the rest of a record,
begun at any piece, is cut like the whole of it. Work is bounded by a multiple of the bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from console.formats.json.scan import MAX_DEPTH

BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_BEGINS = re.compile(rb'\{[ \t\r\n]*+"')
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SEPARATORS = re.compile(rb"[ \t\r\n,\[\]]*+")
_TEXT = re.compile(rb'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_WORD = re.compile(rb"[-+.0-9A-Za-z]*+")
_VALUE = re.compile(
    rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?|true|false|null|NaN|-?Infinity",
)
_HALF_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?")
_LONGEST_ESCAPE = 6
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST, _QUOTE, _COMMA, _COLON = b'{}[]",:'
_WORK, _WORK_FREE = 4, 64 * 1024
"""Bytes that may be walked over, again and again, for each byte of a record behind a piece, and beside these."""


class Piece(NamedTuple):
    """Bytes of a record, from ``begin`` to ``end``; ``whole``: they hold one JSON object."""

    begin: int
    end: int
    whole: bool


@dataclass(slots=True)
class _Walk:
    """One walk from an opening brace: where it ``end``ed, and if that is behind the closing one (``whole``).

    ``unfinished``: the bytes end before anything is wrong. ``deep``: brackets are nested too deep: what is found within
    is no record. ``within`` are braces that end a string; ``key`` is the first key; ``last`` is the last object within
    that was closed: where it begins and ends, and its first key.
    """

    end: int = 0
    whole: bool = False
    unfinished: bool = False
    deep: bool = False
    within: list[int] = field(default_factory=list)
    key: bytes = b""
    last: tuple[int, int, bytes] = (0, 0, b"")


def pieces(raw: bytes, *, open_end: bool = False) -> Iterator[Piece]:
    """The pieces of a record: whole objects, each with the white space before it, and what is between them.

    They cover the record. A record without a whole object is one piece. With ``open_end`` more bytes may follow: what
    may still become an object is not searched for others.
    """
    begin = 0
    while (found := _next(raw, begin, open_end)) is not None:
        start, end = found
        if raw[begin:start].removeprefix(_BOM).strip(BLANK):
            yield Piece(begin, start, whole=False)
            begin = start
        if _behind(_SPACE, raw, end) == len(raw):
            end = len(raw)
        yield Piece(begin, end, whole=True)
        begin = end
    if begin < len(raw):
        yield Piece(begin, len(raw), whole=False)


def _next(raw: bytes, begin: int, open_end: bool) -> tuple[int, int] | None:
    """The next record's object from ``begin`` on."""
    at = begin
    torn = False
    separated = _behind(_SEPARATORS, raw, begin)
    work = _WORK * (len(raw) - begin) + _WORK_FREE
    while (match := _BEGINS.search(raw, at)) is not None:
        start = match.start()
        walk = _walk(raw, start)
        if walk.whole:
            if torn or not _is_value(raw, begin, start, walk.end, listed=start > separated):
                return start, walk.end
            at = walk.end
            continue
        torn = True
        if walk.deep or (open_end and walk.unfinished):
            return None
        work -= walk.end - start
        for inner in walk.within:
            if work < 0:
                return None
            again = _walk(raw, inner)
            if again.whole:
                return inner, again.end
            work -= again.end - inner
        first, last, key = walk.last
        if last and key == walk.key and _behind(_SPACE, raw, last) == walk.end:
            return first, last
        if work < 0:
            return None
        at = max(walk.end, start + 1)
    return None


def _is_value(raw: bytes, begin: int, start: int, end: int, *, listed: bool) -> bool:
    """True if an object is a member, or where it may be ``listed`` an element, of something before it."""
    after = _behind(_SPACE, raw, end)
    before = start - 1
    while before >= begin and raw[before] in BLANK:
        before -= 1
    if before < begin or raw[after : after + 1] not in (b",", b"]", b"}"):
        return False
    return raw[before] == _COLON or (listed and raw[before] in b",[")


def _walk(raw: bytes, start: int) -> _Walk:  # noqa: C901 - one state machine
    """Walk over an object by JSON's grammar, as far as that goes."""
    walk = _Walk()
    size = len(raw)
    opened: list[tuple[int, int, bytes]] = []
    """Open brackets: which, where, and the first key behind a brace."""
    at = start
    expected = "value"
    while True:
        at = _behind(_SPACE, raw, at)
        if at >= size:
            walk.end, walk.unfinished = size, True
            return walk
        byte = raw[at]
        if byte == _QUOTE and expected in ("value", "value or ]", "key", "key or }"):
            end = _behind(_TEXT, raw, at + 1)
            if end >= size or raw[end] != _QUOTE:
                walk.end, walk.unfinished = end, _may_go_on(raw, end)
                return walk
            if raw[at + 1 : end].rstrip(BLANK).endswith(b"{"):
                walk.within.append(raw.rindex(b"{", at, end))
            if expected.startswith("key"):
                if not opened[-1][2]:
                    opened[-1] = (*opened[-1][:2], raw[at : end + 1])
                    walk.key = walk.key or raw[at : end + 1]
                expected = ":"
            else:
                expected = ", or end"
            at = end + 1
        elif byte == _COLON and expected == ":":
            expected = "value"
            at += 1
        elif byte == _COMMA and expected == ", or end":
            expected = "key" if opened[-1][0] == _OPEN else "value"
            at += 1
        elif byte in (_OPEN, _OPEN_LIST) and expected in ("value", "value or ]"):
            if len(opened) == MAX_DEPTH:
                walk.end, walk.deep = at, True
                return walk
            opened.append((byte, at, b""))
            expected = "key or }" if byte == _OPEN else "value or ]"
            at += 1
        elif _closes(byte, expected, opened):
            _, begun, key = opened.pop()
            at += 1
            if not opened:
                walk.end, walk.whole = at, True
                return walk
            if byte == _CLOSE:
                walk.last = (begun, at, key)
            expected = ", or end"
        else:
            end = _behind(_WORD, raw, at)
            if expected not in ("value", "value or ]") or (end < size and not _VALUE.fullmatch(raw, at, end)):
                walk.end = at
                return walk
            if end >= size:
                walk.end, walk.unfinished = size, True
                return walk
            at, expected = end, ", or end"


def _closes(byte: int, expected: str, opened: list[tuple[int, int, bytes]]) -> bool:
    """True if a byte closes the bracket that is open, where it may."""
    if byte == _CLOSE:
        return opened[-1][0] == _OPEN and expected in (", or end", "key or }")
    return byte == _CLOSE_LIST and opened[-1][0] == _OPEN_LIST and expected in (", or end", "value or ]")


def _behind(pattern: "re.Pattern[bytes]", raw: bytes, at: int) -> int:
    found = pattern.match(raw, at)
    return at if found is None else found.end()


def _may_go_on(raw: bytes, end: int) -> bool:
    """True if a string that breaks off there only lacks bytes: nothing is wrong with those that are there."""
    if end >= len(raw):
        return True
    return len(raw) - end < _LONGEST_ESCAPE and _HALF_ESCAPE.fullmatch(raw, end) is not None
