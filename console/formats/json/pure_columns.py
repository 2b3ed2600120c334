"""Work on columns without a compiler: from kinds and places of values the same answers as ``native_scan`` gives.

Apart from the scan, because it needs to know nothing of a record but where its values are.
"""

import re
from array import array
from collections.abc import Sequence
from hashlib import sha256
from itertools import compress
from typing import Any

from console.formats.json.flags import LONG_DIGITS, Kind
from console.formats.json.times import quick
from console.formats.json.values import mark_of
from console.model.event import NO_TIME
from console.verify.recover import moment

# Plain numbers: members of an enumeration cost more to look up than the rest of the work.
_STRING, _ESCAPED, _INTEGER = int(Kind.STRING), int(Kind.ESCAPED), int(Kind.INTEGER)
_NULL, _ABSENT = int(Kind.NULL), int(Kind.ABSENT)
_PLAIN_TIME = re.compile(rb"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)(Z|\+00:00)?")
_SOME_STRING = rb'"(?:[^"\\]|\\.)++"'
_ALL_STRINGS = re.compile(
    rb"\[[ \t\r\n]*+(?:" + _SOME_STRING + rb"[ \t\r\n]*+(?:,[ \t\r\n]*+" + _SOME_STRING + rb"[ \t\r\n]*+)*+)?\]"
)
_WRITTEN = re.compile(
    rb'(?:"(?:[^"\\]*+"(?!:)|(?![0-9])[^"\\]*+":)|[\[\]{},:]|true|false|null'
    rb"|(?:-(?!0(?![.])))?(?:0|[1-9][0-9]{0,14})(?![.0-9eE])"
    rb"|-?(?=[0-9.]{2,16}(?![0-9.]))[1-9][0-9]*+\.[0-9]*[1-9](?![0-9eE])"
    rb"|-?0\.0{0,5}[1-9](?:[0-9]{0,13}[1-9])?(?![0-9eE]))*+"
)
_HASH = re.compile(rb"[0-9a-f]{64}")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_QUOTED_UUID = re.compile(b'"(' + _UUID.pattern + b')(?=")')
_NO_DIGEST = bytes(32)
_YEAR_0, _YEAR_9999 = -62_167_219_200_000, 253_402_300_799_999
"""The first and the last millisecond whose year has four digits."""


def filled(kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> bytearray:
    """1 where the value is a string with something in it."""
    return bytearray(
        [
            (kind == Kind.STRING or kind == Kind.ESCAPED) and stop - begin > 2
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ]
    )


def strings(data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> bytearray:
    """1 where the value is an array of strings only, none of them empty."""
    return bytearray(
        [
            kind == Kind.ARRAY and _ALL_STRINGS.fullmatch(data, begin, stop) is not None
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ]
    )


def uuids(data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> bytearray:
    """1 where the value is a string of 8-4-4-4-12 hex digits."""
    return bytearray(
        [
            kind == Kind.STRING and stop - begin == 38 and _UUID.fullmatch(data, begin + 1, stop - 1) is not None
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ]
    )


def hashes(data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> bytearray:
    """1 where the value is a string of 64 lower-case hex digits."""
    return bytearray(
        [
            kind == Kind.STRING and stop - begin == 66 and _HASH.fullmatch(data, begin + 1, stop - 1) is not None
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ]
    )


def marks(data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> "array[int]":
    """``mark_of`` the text of strings without escapes; 0 for others, and for ''."""
    return array(
        "q",
        [
            mark_of(data[begin + 1 : stop - 1]) if kind == Kind.STRING and stop - begin > 2 else 0
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ],
    )


def repeats(marks: "array[int]") -> list[tuple[int, int]]:
    """Rows whose mark stands in an earlier row, each with the first of these; 0 is no mark."""
    first: dict[int, int] = {}
    return [(row, at) for row, mark in enumerate(marks) if mark and (at := first.setdefault(mark, row)) != row]


def javascript(data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int]) -> bytearray:
    """1 where the value is surely as JSON.stringify writes it."""
    return bytearray(
        [
            kind != Kind.ABSENT and _WRITTEN.fullmatch(data, begin, stop) is not None
            for kind, begin, stop in zip(kinds, begins, stops, strict=True)
        ]
    )


def codes(
    data: bytes,
    kinds: Sequence[int],
    begins: Sequence[int],
    stops: Sequence[int],
    known: dict[bytes, int],
    new: Any,
    _recent: bytearray,
) -> "array[int]":
    """A code for each row's string, 0 for none and for ''. ``new`` gives the code of bytes that are not ``known``."""
    found = array("q", bytes(8 * len(kinds)))
    for row, kind in enumerate(kinds):
        if kind in (_STRING, _ESCAPED):
            raw = data[begins[row] : stops[row]]
            code = known.get(raw)
            found[row] = new(raw) if code is None else code
    return found


def raw_codes(
    data: bytes, begins: Sequence[int], stops: Sequence[int], known: dict[bytes, int], new: Any
) -> "array[int]":
    """A code for each row's value as it stands; b'' where absent. ``new`` gives those that are not ``known``."""
    found = array("q")
    for begin, stop in zip(begins, stops, strict=True):
        raw = b"" if begin < 0 else data[begin:stop]
        code = known.get(raw)
        found.append(new(raw) if code is None else code)
    return found


def strange_uuids(data: bytes, begins: Sequence[int], stops: Sequence[int], known: set[bytes]) -> bytearray:
    """1 where the value holds a UUID in quotes that is not ``known``."""
    return bytearray(
        [
            begin >= 0 and not known.issuperset(_QUOTED_UUID.findall(data, begin, stop))
            for begin, stop in zip(begins, stops, strict=True)
        ]
    )


def rows_by_code(codes: Sequence[int]) -> "dict[int, array[int]]":
    """The rows of each code, by code."""
    if codes and min(codes) < 0:
        raise ValueError("a code is 0 or more")
    found: dict[int, array[int]] = {code: array("q") for code in sorted({*codes})}
    for row, code in enumerate(codes):
        found[code].append(row)
    return found


def gathered(column: Sequence[int], rows: Sequence[int]) -> "array[int]":
    """What a column has in each of these rows."""
    if rows and not 0 <= min(rows) <= max(rows) < len(column):
        raise ValueError("a row is none of the column's")
    return array("q", map(column.__getitem__, rows))


def integers(
    data: bytes, kinds: Sequence[int], begins: Sequence[int], stops: Sequence[int], missing: int
) -> "array[int]":
    """The integers of fewer than ``LONG_DIGITS`` digits; ``missing`` for others, and for -0, which no integer is."""
    found = array("q", [missing]) * len(kinds)
    for row, kind in enumerate(kinds):
        if kind == _INTEGER:
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
        if kind == _STRING:
            match = _PLAIN_TIME.fullmatch(data, begins[row] + 1, stops[row] - 1)
            instant = None if match is None else quick(match[0].decode())
            if instant is not None:
                times[row], zones[row] = instant[0], instant[1] != ""
    return times, zones


def preimages(data: bytes, pieces: Sequence[Any], rows: "array[int]") -> list[bytes | None]:
    """What ``digests`` hashes; None where a piece is missing. A piece is a literal, a list of bytes for each of the
    ``rows``, (kinds, begins, stops, text, null): see ``Text`` and ``Raw``, or (times, shift): see ``Stamp``."""
    columns = [_column(data, piece, rows) for piece in pieces]
    return [
        None if None in parts else b"".join(parts)
        for parts in (zip(*columns, strict=True) if columns else [()] * len(rows))
    ]


def digests(data: bytes, pieces: Sequence[Any], rows: "array[int]") -> bytes:
    """SHA-256 for each of these rows; zeros where a piece is missing. Pieces as for ``preimages``."""
    found = preimages(data, pieces, rows)
    return b"".join([_NO_DIGEST if preimage is None else sha256(preimage).digest() for preimage in found])


def _column(data: bytes, piece: Any, rows: "array[int]") -> Sequence[bytes | None]:
    if type(piece) is bytes:
        return [piece] * len(rows)
    if type(piece) is list:
        if len(piece) != len(rows):
            raise ValueError("a piece has another number of rows")
        return piece
    if len(piece) == 2:
        times, shift = piece
        return [_stamp(times[row], shift) for row in rows]
    kinds, begins, stops, text, null = piece
    column: list[bytes | None] = []
    for row in rows:
        kind = kinds[row]
        if kind == _NULL and null is not None:
            column.append(null)
        elif kind == _ABSENT or (text and kind not in (_STRING, _INTEGER)):
            column.append(None)
        elif text and kind == _STRING:
            column.append(data[begins[row] + 1 : stops[row] - 1])
        else:
            column.append(data[begins[row] : stops[row]])
    return column


def tally(counts: "array[int]", changed: bytearray, codes: "array[int]", mask: bytes | bytearray) -> None:
    """See ``Counts.add``."""
    if len(mask) != len(codes):
        raise ValueError("columns of different lengths")
    for code in compress(codes, mask):
        if not 0 <= code < min(len(counts), len(changed)):
            raise ValueError("a code is not counted")
        counts[code] += 1
        changed[code] = 1


def run_machines(
    states: bytearray, moves: bytes, noted: bytes, width: int, codes: "array[int]", symbols: bytes | bytearray
) -> bytearray:
    """See ``Machines.run``. The move of a symbol in a state is at ``state * width + symbol``."""
    if len(symbols) != len(codes):
        raise ValueError("columns of different lengths")
    found = bytearray(len(codes))
    for row, (code, symbol) in enumerate(zip(codes, symbols, strict=True)):
        if symbol:
            if not 0 <= code < len(states) or symbol >= width:
                raise ValueError("a code or a symbol is none of the machine's")
            state = states[code]
            if noted[state * width + symbol]:
                found[row] = state + 1
            states[code] = moves[state * width + symbol]
    return found


def _stamp(micros: int, shift: int) -> bytes | None:
    millis = micros // 1000 + shift
    return moment(millis) if _YEAR_0 <= micros // 1000 <= _YEAR_9999 and _YEAR_0 <= millis <= _YEAR_9999 else None


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
        if kinds[row] == _STRING and stops[row] - begins[row] == 66:
            digest = digests[32 * at : 32 * at + 32]
            found[at] = digest != _NO_DIGEST and data[begins[row] + 1 : stops[row] - 1] == digest.hex().encode()
    return found


def follow(
    data: bytes,
    tips: tuple[bytearray, bytearray, bytearray, "array[int]", "array[int]", bytearray],
    codes: "array[int]",
    sequences: "array[int]",
    times: "array[int]",
    previous: tuple[Sequence[int], Sequence[int], Sequence[int]],
    stored: tuple[Sequence[int], Sequence[int], Sequence[int]],
    able: bytearray,
    beside: bytearray,
) -> bytearray:
    """See ``Scan.follow``. ``tips`` are states, hashes, hashes before, next sequences, times and ties, by code."""
    states, hashes, befores, nexts, lasts, ties = tips
    kinds, begins, stops = previous
    kinds2, begins2, stops2 = stored
    found = bytearray(len(codes))
    for row, code in enumerate(codes):
        if code <= 0 or code >= len(states):
            continue
        state, place = states[code], slice(64 * code, 64 * code + 64)
        if beside[row] and state and times[row] >= lasts[code]:
            found[row] = 1
            ties[code] |= times[row] == lasts[code]
            lasts[code] = times[row]
        elif (
            able[row]
            and state
            and sequences[row] == nexts[code]
            and times[row] >= lasts[code]
            and kinds2[row] == _STRING
            and stops2[row] - begins2[row] == 66
            and (
                kinds[row] == _NULL
                if state == 1
                else kinds[row] == _STRING and data[begins[row] + 1 : stops[row] - 1] == hashes[place]
            )
        ):
            found[row] = 1
            states[code] = 2
            befores[place] = hashes[place]
            hashes[place] = data[begins2[row] + 1 : stops2[row] - 1]
            nexts[code] += 1
            ties[code] |= times[row] == lasts[code]
            lasts[code] = times[row]
        else:
            states[code] = 0
    return found
