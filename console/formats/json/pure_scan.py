"""The scanner without a compiler: the same answers as ``native_scan``, by ``json`` and regular expressions.

The members of a record's object are walked here, so that their places are known; ``json`` reads each value, and hooks
note what it would pass over. How deep brackets are nested is looked at before, because ``json`` recurses. What needs no
place in the grammar (UTF-8, white space, surrogates) is looked for in the record as a whole, only where it can be.
Columns of fields stand one behind the other: field ``f`` of row ``r`` is at ``f * rows + r``.
"""

import json
import re
import threading
from array import array
from collections.abc import Sequence
from math import isinf
from typing import Any

from console.formats.json.flags import LONG_DIGITS, MAX_DEPTH, Flag, Kind
from console.formats.json.pure_columns import (
    codes,
    digests,
    filled,
    follow,
    gathered,
    hashes,
    instants,
    integers,
    javascript,
    marks,
    matches,
    preimages,
    raw_codes,
    repeats,
    rows_by_code,
    run_machines,
    strange_uuids,
    strings,
    tally,
    uuids,
)

NAME = "pure"
__all__ = [
    "NAME",
    "codes",
    "digests",
    "filled",
    "flags",
    "follow",
    "gathered",
    "hashes",
    "instants",
    "integers",
    "javascript",
    "lines",
    "marks",
    "matches",
    "preimages",
    "raw_codes",
    "repeats",
    "rows_by_code",
    "run_machines",
    "scan",
    "strange_uuids",
    "strings",
    "tally",
    "uuids",
]

_WS = r"[ \t\n\r]*+"
_RUN = r'[^"\\]*+'
_TEXT = r'"' + _RUN + r"(?:\\." + _RUN + r')*+"'
_KEY = re.compile(_WS + r'"([^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+)"' + _WS + ":" + _WS, re.DOTALL)
_BEHIND = re.compile(_WS + "([,}])")
_SPACE = re.compile(_WS)
_COLON = re.compile(_WS + ":")
_CLOSED = re.compile(_WS + "}")
_STRINGS = re.compile(_TEXT, re.DOTALL)
_MARKS = re.compile(_TEXT + r"?|[{}\[\]]", re.DOTALL)
_BLANKS = re.compile(r"[ \t\n\r]")
_HALF = re.compile(
    r"\\(?:[^u]|u(?:(?![dD][89a-fA-F]).{4}|[dD][89abAB].{2}\\u[dD][c-fC-F].{2}|(?P<lone>.{4})))", re.DOTALL
)
_KINDS = {'"': Kind.STRING, "{": Kind.OBJECT, "[": Kind.ARRAY, "t": Kind.TRUE, "f": Kind.FALSE, "n": Kind.NULL}
_FIRST = {mark: int(kind) for mark, kind in _KINDS.items()}
"""The kind of a value by its first character; others are numbers."""
_CLOSING = {"{": "}", "[": "]"}
# Plain numbers: members of an enumeration cost more to look up than the rest of a token.
_STRING, _ESCAPED, _INTEGER, _NUMBER = int(Kind.STRING), int(Kind.ESCAPED), int(Kind.INTEGER), int(Kind.NUMBER)
_NULL, _ABSENT = int(Kind.NULL), int(Kind.ABSENT)


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
    fields = {name.decode("utf-8", "surrogatepass"): at for at, name in enumerate(names)}
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if start < 0 or end < start:
            start = end = 0
        if end > len(data):
            raise ValueError("a record ends behind the data")
        found: list[tuple[str, int, int, int]] = []
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


def _flags(data: bytes, start: int, end: int, found: list[tuple[str, int, int, int]]) -> int:
    """Flags of a record. ``found`` gets the members of its object: key, kind, begin and stop of the value."""
    flags = 0
    raw = data[start:end]
    if b"\0" in raw:
        flags |= int(Flag.NUL)
    if raw.startswith(b"\xef\xbb\xbf"):
        flags |= int(Flag.BYTE_ORDER_MARK)
        start, raw = start + 3, raw[3:]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return flags | int(Flag.INVALID_UTF8)
    spaced = _BLANKS.search(text) is not None
    if not text or (spaced and _SPACE.fullmatch(text)):
        return flags | int(Flag.BLANK)
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and (cut := _too_deep(text)) is not None:
        return flags | int(Flag.TOO_DEEP if _reader.is_json(cut) else Flag.INVALID_JSON)
    members: list[tuple[str, int, int, int]] = []
    try:
        walked = _reader.walk(text, members)
    except ValueError:
        return flags | int(Flag.INVALID_JSON)
    if spaced and _BLANKS.search(_STRINGS.sub("", text)):
        walked |= int(Flag.WHITE_SPACE)
    if "\\" in text:
        if any("\\" in each[0] and _COLON.match(text, each.end()) for each in _STRINGS.finditer(text)):
            walked |= int(Flag.ESCAPED_KEY)
        if any(each["lone"] for each in _HALF.finditer(text)):
            walked |= int(Flag.LONE_SURROGATE)
    done = 0
    for name, kind, begin, stop in members:
        if len(text) == len(raw):
            first, last = start + begin, start + stop
        else:  # places in characters become places in bytes
            first = start + len(text[done:begin].encode())
            start = last = first + len(text[begin:stop].encode())
            done = stop
        found.append((name, kind, first, last))
    return flags | walked


def _too_deep(text: str) -> str | None:
    """The text up to a bracket that is nested too deep, made whole with [] in its place; None if there is none.

    So what comes first decides: that bracket, or something that is not JSON.
    """
    brackets: list[str] = []
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark in "{[":
            if len(brackets) == MAX_DEPTH:
                return text[: match.start()] + "[]" + "".join(_CLOSING[each] for each in reversed(brackets))
            brackets.append(mark)
        elif mark in "}]":
            if not brackets:
                return None
            brackets.pop()
    return None


class _Reader(threading.local):
    """``json`` with hooks that note what it passes over; one for each thread, because hooks have nothing to return."""

    def __init__(self) -> None:
        self.flags = 0
        self._read = json.JSONDecoder(
            object_pairs_hook=self._pairs, parse_int=self._integer, parse_float=self._decimal, parse_constant=_refuse
        ).raw_decode

    def is_json(self, text: str) -> bool:
        try:
            self.walk(text, [])
        except ValueError:
            return False
        return True

    def walk(self, text: str, members: list[tuple[str, int, int, int]]) -> int:
        """Flags of a record's values and keys; ``ValueError`` where it is not JSON. ``members`` gets those of its
        object, with places in the text."""
        self.flags = 0
        at = _end(_SPACE, text, 0)
        if text[at] != "{":
            _, at = self._read(text, at)
            self.flags |= int(Flag.NOT_AN_OBJECT)
        elif closed := _CLOSED.match(text, at + 1):
            at = closed.end()
        else:
            at = self._members(text, at + 1, members)
        if _end(_SPACE, text, at) != len(text):
            raise ValueError
        return self.flags

    def _members(self, text: str, at: int, members: list[tuple[str, int, int, int]]) -> int:
        """Behind the closing bracket of an object that is not empty."""
        seen = set()
        read, key, behind = self._read, _KEY.match, _BEHIND.match
        while True:
            match = key(text, at)
            if match is None:
                raise ValueError
            begin = match.end()
            name = match[1]
            if "\\" in name:
                name, _ = read(f'"{name}"')
            seen.add(name)
            value, stop = read(text, begin)
            kind = _FIRST.get(text[begin])
            if kind is None:
                kind = _NUMBER if type(value) is float else _INTEGER
            elif kind == _STRING and len(value) + 2 != stop - begin:
                kind = _ESCAPED
            members.append((name, kind, begin, stop))
            after = behind(text, stop)
            if after is None:
                raise ValueError
            at = after.end()
            if after[1] == "}":
                break
        if len(seen) < len(members):
            self.flags |= int(Flag.DUPLICATE_KEY)
        return at

    def _pairs(self, items: list[tuple[str, Any]]) -> None:
        if len(items) > 1 and len({key for key, _ in items}) < len(items):
            self.flags |= int(Flag.DUPLICATE_KEY)

    def _integer(self, digits: str) -> int:
        if len(digits) >= LONG_DIGITS and len(digits.lstrip("-")) >= LONG_DIGITS:
            self.flags |= int(Flag.LONG_NUMBER)
        return 0

    def _decimal(self, digits: str) -> float:
        value = float(digits)
        if isinf(value) or len(digits.lower().lstrip("-").split("e")[0].split(".")[0]) >= LONG_DIGITS:
            self.flags |= int(Flag.LONG_NUMBER)
        return value


def _refuse(name: str) -> None:
    raise ValueError(name)


def _end(pattern: "re.Pattern[str]", text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


_reader = _Reader()


def _unescape(text: bytes) -> str:
    found: str = json.loads(text.decode())
    return found
