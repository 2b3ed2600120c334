"""The scanner without a compiler: the same answers as ``native_scan``, by regular expressions of the grammar's parts.

A record is walked member by member with a list of open brackets beside it, never by recursion, so that no input can
exhaust the stack. What needs no place in the grammar (UTF-8, white space, surrogates) is looked for in the record as a
whole, only where it can be. Columns of fields stand one behind the other: field ``f`` of row ``r`` is at
``f * rows + r``.
"""

import json
import re
from array import array
from collections.abc import Sequence
from hashlib import sha256
from math import isinf
from typing import Any

from console.formats.json.flags import LONG_DIGITS, MAX_DEPTH, Flag, Kind
from console.formats.json.times import quick
from console.model.event import NO_TIME

NAME = "pure"

_WS = rb"[ \t\n\r]*+"
_TEXT = rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_ANY = (
    rb"(?P<value>(?P<string>" + _TEXT + rb")"
    rb"|(?P<number>-?(?P<digits>0|[1-9][0-9]*+)(?:\.[0-9]++)?(?P<power>[eE][-+]?[0-9]++)?)"
    rb"|(?P<word>true|false|null)|(?P<open>[{\[]))"
)
_VALUE = re.compile(_WS + _ANY)
_MEMBER = re.compile(_WS + rb"(?P<key>" + _TEXT + rb")" + _WS + rb":" + _WS + _ANY)
_BEHIND = re.compile(_WS + rb"([,}\]])")
_SPACE = re.compile(_WS)
_STRINGS = re.compile(_TEXT)
_BLANKS = re.compile(rb"[ \t\n\r]")
_HALF = re.compile(
    rb"\\(?:[^u]|u(?:(?![dD][89a-fA-F]).{4}|[dD][89abAB].{2}\\u[dD][c-fC-F].{2}|(?P<lone>.{4})))", re.DOTALL
)
_WORDS = {b"true": Kind.TRUE, b"false": Kind.FALSE, b"null": Kind.NULL}
_PLAIN_TIME = re.compile(rb"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)(Z|\+00:00)?")
_NO_DIGEST = bytes(32)


def lines(data: bytes) -> "tuple[array[int], array[int]]":
    """Starts and ends of the lines, without their LF. A last line may lack it."""
    starts, ends = array("q"), array("q")
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        starts.append(at)
        ends.append(end)
        at = end + 1
    return starts, ends


def scan(
    data: bytes, names: Sequence[bytes], starts: "array[int]", ends: "array[int]"
) -> "tuple[array[int], bytearray, bytearray, array[int], array[int]]":
    """Flags, marks of other keys, and of each field the kinds, begins and stops of the records at these places."""
    rows = len(starts)
    flags, others = array("H", bytes(2 * rows)), bytearray(rows)
    kinds = bytearray(len(names) * rows)
    begins = array("q", [-1]) * (len(names) * rows)
    stops = begins[:]
    fields = {name: at for at, name in enumerate(names)}
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if start < 0 or end < start:
            start = end = 0
        if end > len(data):
            raise ValueError("a record ends behind the data")
        found: list[tuple[bytes, int, int, int]] = []
        flags[row] = _flags(data, start, end, found)
        for name, kind, begin, stop in found:
            field = fields.get(name)
            if field is None:
                others[row] = 1
            else:
                at = field * rows + row
                kinds[at], begins[at], stops[at] = kind, begin, stop
    return flags, others, kinds, begins, stops


def flags(raw: bytes) -> int:
    """Flags of one record."""
    return _flags(raw, 0, len(raw), [])


def _flags(data: bytes, start: int, end: int, found: list[tuple[bytes, int, int, int]]) -> int:
    """Flags of a record. ``found`` gets the members of its object: key, kind, begin and stop of the value."""
    marked = data.startswith(b"\xef\xbb\xbf", start, end)
    flags: int = Flag.BYTE_ORDER_MARK if marked else 0
    if data.find(b"\0", start, end) >= 0:
        flags |= Flag.NUL
    try:
        data[start:end].decode()
    except UnicodeDecodeError:
        return flags | Flag.INVALID_UTF8
    start += 3 if marked else 0
    space = _SPACE.match(data, start, end)
    if space is not None and space.end() == end:
        return flags | Flag.BLANK
    walked = _walk(data, start, end, found)
    if walked & (Flag.INVALID_JSON | Flag.TOO_DEEP | Flag.NOT_AN_OBJECT):
        found.clear()
    if walked & (Flag.INVALID_JSON | Flag.TOO_DEEP):
        return flags | walked
    raw = data[start:end]
    if _BLANKS.search(raw) and _BLANKS.search(_STRINGS.sub(b"", raw)):
        flags |= Flag.WHITE_SPACE
    if b"\\u" in raw and any(match["lone"] for match in _HALF.finditer(raw)):
        flags |= Flag.LONE_SURROGATE
    return flags | walked


def _walk(data: bytes, at: int, end: int, found: list[tuple[bytes, int, int, int]]) -> int:
    """Flags of a record's tokens."""
    flags = 0
    levels: list[set[bytes] | None] = []
    """The keys of each open object; None for an array."""
    name, begin = b"", at
    fresh = False
    """Nothing stands yet in the innermost brackets."""
    while True:
        keys = levels[-1] if levels else None
        token = (_VALUE if keys is None else _MEMBER).match(data, at, end)
        if token is None:
            if not fresh:
                return Flag.INVALID_JSON
        else:
            at = token.end()
            top = len(levels) == 1 and keys is not None
            if keys is not None:
                key = token["key"][1:-1]
                if b"\\" in key:
                    flags |= Flag.ESCAPED_KEY
                    key = _unescape(token["key"]).encode("utf-8", "surrogatepass")
                if key in keys:
                    flags |= Flag.DUPLICATE_KEY
                keys.add(key)
                if top:
                    name, begin = key, token.start("value")
            if mark := token["open"]:
                if len(levels) == MAX_DEPTH:
                    return Flag.TOO_DEEP
                levels.append(set() if mark == b"{" else None)
                fresh = True
                continue
            if (digits := token["digits"]) and (
                len(digits) >= LONG_DIGITS or (token["power"] and isinf(float(token["number"])))
            ):
                flags |= Flag.LONG_NUMBER
            if not levels:
                flags |= Flag.NOT_AN_OBJECT
            if top:
                found.append((name, _kind(token), begin, at))
        while levels:
            behind = _BEHIND.match(data, at, end)
            if behind is None:
                return Flag.INVALID_JSON
            at, mark = behind.end(), behind[1]
            if mark == b",":
                if token is None:
                    return Flag.INVALID_JSON
                break
            if (mark == b"}") is (levels[-1] is None):
                return Flag.INVALID_JSON
            levels.pop()
            token = behind
            if len(levels) == 1 and levels[0] is not None:
                found.append((name, Kind.OBJECT if mark == b"}" else Kind.ARRAY, begin, at))
            elif not levels and mark == b"]":
                flags |= Flag.NOT_AN_OBJECT
        else:
            space = _SPACE.match(data, at, end)
            return flags if space is not None and space.end() == end else Flag.INVALID_JSON
        fresh = False


def _kind(token: "re.Match[bytes]") -> Kind:
    """Of a value that is no object and no array."""
    if (text := token["string"]) is not None:
        return Kind.ESCAPED if b"\\" in text else Kind.STRING
    if (word := token["word"]) is not None:
        return _WORDS[word]
    return Kind.INTEGER if token["number"].lstrip(b"-") == token["digits"] else Kind.NUMBER


def _unescape(text: bytes) -> str:
    found: str = json.loads(text.decode())
    return found


def codes(
    data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int], known: dict[bytes, int], new: Any
) -> "array[int]":
    """A code for each row's string, 0 for none and for ''. ``new`` gives the code of bytes that are not ``known``."""
    found = array("q", bytes(8 * len(kinds)))
    for row, kind in enumerate(kinds):
        if kind == Kind.STRING or kind == Kind.ESCAPED:
            raw = data[begins[row] : stops[row]]
            code = known.get(raw)
            found[row] = new(raw) if code is None else code
    return found


def integers(
    data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int], missing: int
) -> "array[int]":
    """The integers of fewer than ``LONG_DIGITS`` digits; ``missing`` for others, and for -0, which no integer is."""
    found = array("q", [missing]) * len(kinds)
    for row, kind in enumerate(kinds):
        if kind == Kind.INTEGER:
            raw = data[begins[row] : stops[row]]
            if len(raw.lstrip(b"-")) < LONG_DIGITS and raw != b"-0":
                found[row] = int(raw)
    return found


def instants(
    data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]
) -> "tuple[array[int], bytearray]":
    """UTC microseconds and marks of a zone, of texts in the plainest form: see ``Scan.instants``."""
    times, zones = array("q", [NO_TIME]) * len(kinds), bytearray(len(kinds))
    for row, kind in enumerate(kinds):
        if kind == Kind.STRING:
            match = _PLAIN_TIME.fullmatch(data, begins[row] + 1, stops[row] - 1)
            instant = None if match is None else quick(match[0].decode())
            if instant is not None:
                times[row], zones[row] = instant[0], instant[1] != ""
    return times, zones


def digests(data: bytes, pieces: Sequence[Any], rows: "array[int]") -> bytes:
    """SHA-256 for each of these rows; zeros where a piece is missing. A piece is a literal, a list of bytes for each of
    the ``rows``, or (kinds, begins, stops, text, null): see ``Text`` and ``Raw``."""
    columns = [_column(data, piece, rows) for piece in pieces]
    return b"".join(
        [
            _NO_DIGEST if None in parts else sha256(b"".join(parts)).digest()
            for parts in (zip(*columns, strict=True) if columns else [()] * len(rows))
        ]
    )


def _column(data: bytes, piece: Any, rows: "array[int]") -> Sequence[bytes | None]:
    if type(piece) is bytes:
        return [piece] * len(rows)
    if type(piece) is list:
        if len(piece) != len(rows):
            raise ValueError("a piece has another number of rows")
        return piece
    kinds, begins, stops, text, null = piece
    column: list[bytes | None] = []
    for row in rows:
        kind = kinds[row]
        if kind == Kind.NULL and null is not None:
            column.append(null)
        elif kind == Kind.ABSENT or (text and kind not in (Kind.STRING, Kind.INTEGER)):
            column.append(None)
        elif text and kind == Kind.STRING:
            column.append(data[begins[row] + 1 : stops[row] - 1])
        else:
            column.append(data[begins[row] : stops[row]])
    return column


def matches(
    data: bytes,
    kinds: Sequence[int],
    begins: Sequence[int],
    stops: Sequence[int],
    digests: bytes,
    rows: "array[int]",
) -> bytearray:
    """1 for each of the ``rows`` whose text is the lower-case hex of its digest; never for a digest of zeros."""
    if len(digests) != 32 * len(rows):
        raise ValueError("another number of digests than of rows")
    found = bytearray(len(rows))
    for at, row in enumerate(rows):
        if kinds[row] == Kind.STRING and stops[row] - begins[row] == 66:
            digest = digests[32 * at : 32 * at + 32]
            found[at] = digest != _NO_DIGEST and data[begins[row] + 1 : stops[row] - 1] == digest.hex().encode()
    return found


def same(
    data: bytes,
    left: tuple[Sequence[int], Sequence[int], Sequence[int]],
    right: tuple[Sequence[int], Sequence[int], Sequence[int]],
    partners: "array[int]",
) -> bytearray:
    """1 where the string ``left`` of a row is ``right`` of its partner row. Both are (kinds, begins, stops)."""
    kinds, begins, stops = left
    kinds2, begins2, stops2 = right
    found = bytearray(len(kinds))
    for row, partner in enumerate(partners):
        if partner >= 0 and kinds[row] == kinds2[partner] == Kind.STRING:
            found[row] = data[begins[row] : stops[row]] == data[begins2[partner] : stops2[partner]]
    return found


def follow(
    data: bytes,
    tips: tuple[bytearray, bytearray, "array[int]", "array[int]"],
    codes: "array[int]",
    sequences: "array[int]",
    times: "array[int]",
    previous: tuple[Sequence[int], Sequence[int], Sequence[int]],
    stored: tuple[Sequence[int], Sequence[int], Sequence[int]],
    able: bytearray,
) -> bytearray:
    """See ``Scan.follow``. ``tips`` are states, hashes, next sequences and times, by code."""
    states, hashes, nexts, lasts = tips
    kinds, begins, stops = previous
    kinds2, begins2, stops2 = stored
    found = bytearray(len(codes))
    for row, code in enumerate(codes):
        if code <= 0 or code >= len(states):
            continue
        state, place = states[code], slice(64 * code, 64 * code + 64)
        if (
            able[row]
            and state
            and sequences[row] == nexts[code]
            and times[row] >= lasts[code]
            and kinds2[row] == Kind.STRING
            and stops2[row] - begins2[row] == 66
            and (
                kinds[row] == Kind.NULL
                if state == 1
                else kinds[row] == Kind.STRING and data[begins[row] + 1 : stops[row] - 1] == hashes[place]
            )
        ):
            found[row] = 1
            states[code] = 2
            hashes[place] = data[begins2[row] + 1 : stops2[row] - 1]
            nexts[code] += 1
            lasts[code] = times[row]
        else:
            states[code] = 0
    return found
