"""One look at every byte of a batch of JSON records: what is plain is proved so, and its fields come as columns.

Decoders drop things without a word (the first of two equal keys, white space, what is wrong inside a skipped value), so
a reader that wants both speed and certainty would have to decode twice. The scanner is the proof, once for all formats:
a record whose flags are 0 is one object of valid, compact JSON without duplicate keys, escaped keys, lone surrogates or
long numbers, and may be decoded in any way without further guards. A flagged record goes the careful way
(``strict.decode``), which words the finding. Formats then work on columns, a few calls a batch, not a loop a record.

    FIELDS = Fields("dealId", "sequenceNumber", "type", "payload", "previousEventHash", "eventHash", "createdAt")

    found = scan_batch(batch, FIELDS)                  # or scan(lines, FIELDS), scan_records(raws, FIELDS)
    plain = found.plain()                              # mask: 1 where flags are 0; plain(Flag.WHITE_SPACE) tolerates
    known = both(plain, neither(found.others))         # and no top-level key beyond FIELDS
    deals = found.codes("dealId", interner)            # array('q'), 0 where there is no text
    numbers = found.integers("sequenceNumber")         # array('q'), MISSING where there is none
    times, zoned = found.instants("createdAt")         # UTC microseconds, NO_TIME; 1 where a zone is named
    hashes = found.digests((Text("dealId"), Text("sequenceNumber"), Text("type"), Raw("payload"),
                            Text("previousEventHash", null=b"null")))
    holds = found.matches("eventHash", hashes)         # mask
    plainly = found.follow(tips, deals, numbers, times, "previousEventHash", "eventHash", both(known, holds))
    for row in rows_of(neither(plainly)): ...          # the careful way, then tips.put(...)

``found.inside("payload", OTHER_FIELDS)`` scans a field's objects in the same way, row for row; its pieces may stand in
``digests``, too, for preimages whose inner keys were hashed in another order.
``filled``, ``strings``, ``uuids`` and ``javascript`` are masks of what fields hold. ``record(row)``, ``raw(field)`` and
``texts(field)`` give bytes and texts where Python needs them.

Rows are records in their order. A field that stands twice has its last value (and the record its flag); top-level keys
are compared after unescaping. Two scanners give equal answers: ``native_scan`` where a compiler was at hand when the
console was installed, else ``pure_scan``. ``AUDIT_CONSOLE_SCANNER=pure`` or ``=native`` in the environment insists.
Grammar: RFC 8259. Hashes are hashlib's.
"""

import re
import sys
from array import array
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Any

from console.formats.json.columns import Interner, Tips, both, either, first_rows, neither, picked, rows_of
from console.formats.json.fields import RECORD, Fields, Piece, Raw, Stamp, Text
from console.formats.json.flags import MAX_DEPTH, MISSING, Flag, Kind
from console.formats.json.times import quick
from console.formats.json.values import KEYED, NO_KEY, key_of, kinds_table, unescaped
from console.formats.json.which_scanner import SCANNER, scanner
from console.model.event import NO_TIME
from console.model.record import RecordBatch

__all__ = [
    "MAX_DEPTH",
    "MISSING",
    "RECORD",
    "SCANNER",
    "Fields",
    "Flag",
    "Interner",
    "Kind",
    "Piece",
    "Raw",
    "Scan",
    "Stamp",
    "Text",
    "Tips",
    "both",
    "either",
    "flags_of",
    "neither",
    "picked",
    "rows_of",
    "scan",
    "scan_batch",
    "scan_records",
]


def flags_of(raw: bytes) -> int:
    """The flags of one record alone."""
    found: int = scanner.flags(raw)
    return found


def scan(
    data: bytes, fields: Fields, bounds: "tuple[array[int], array[int]] | None" = None, *, by: Any = None
) -> "Scan":
    """Scan LF-ended lines, or the records between ``bounds``: their starts and ends in ``data`` (start -1: none there,
    and the row is blank). A last line may lack its LF; a CR before an LF belongs to the record. Never raises on
    content. ``by`` is for tests: one of the two scanners."""
    by = by or scanner
    starts, ends = by.lines(data) if bounds is None else bounds
    return Scan(data, fields, starts, ends, by)


def scan_records(raws: Sequence[bytes], fields: Fields, *, by: Any = None) -> "Scan":
    """Scan records that are apart; an empty one is blank."""
    stops = array("q", accumulate(map(len, raws), initial=0))
    return scan(b"".join(raws), fields, (stops[:-1], stops[1:]), by=by)


def scan_batch(batch: RecordBatch, fields: Fields, *, salt: bytes = b"", by: Any = None) -> "Scan":
    """Scan a batch of any source, once for the same fields. Records whose bytes were skipped are blank. ``salt`` is for
    ``keys64``."""
    found: Scan | None = batch.scanned
    if found is not None and found.fields is fields and by is None:
        found.salt = salt
        return found
    if batch.lines is None:
        found = scan_records(batch.raws, fields, by=by)
    else:
        found = scan(batch.lines, fields, by=by)
        batch.located(found.starts, found.ends)
    batch.scanned = found
    found.salt = salt
    return found


class Scan:
    """Columns of a batch of records: one entry for each of ``count`` rows. See the module."""

    __slots__ = (
        *("_begins", "_by", "_kinds", "_parts", "_stops"),
        *("count", "data", "ends", "fields", "flags", "others", "salt", "starts"),
    )

    def __init__(self, data: bytes, fields: Fields, starts: "array[int]", ends: "array[int]", by: Any) -> None:
        self._by = by
        self._parts: dict[str, tuple[bytearray, array[int], array[int]]] = {}
        self.salt = b""
        """Of the keys of ids."""
        self.data = data
        self.fields = fields
        self.count = len(starts)
        self.starts = starts
        """Where records start in ``data``."""
        self.ends = ends
        """Behind their last byte, without an LF."""
        self.flags: array[int]
        """``Flag`` of each record."""
        self.others: bytearray
        """1 where there is a top-level key that was not asked for."""
        self.flags, self.others, self._kinds, self._begins, self._stops = by.scan(data, fields.keys, starts, ends)

    def plain(self, tolerate: int = 0) -> bytearray:
        """1 for records without flags, but for those that are tolerated."""
        if self.flags.count(0) == self.count:
            return bytearray(b"\1") * self.count
        flagged = ~int(tolerate)  # the arithmetic of an IntFlag costs ten times that of a number
        return bytearray([not each & flagged for each in self.flags])

    def record(self, row: int) -> bytes:
        """The bytes of a record."""
        return self.data[max(0, self.starts[row]) : max(0, self.ends[row])]

    def kinds(self, field: str) -> bytearray:
        """``Kind`` of each row's value."""
        found: bytearray = self._kinds[self._part(field)]
        return found

    def begins(self, field: str) -> "array[int]":
        """Where values begin in ``data``; -1 where absent."""
        found: array[int] = self._begins[self._part(field)]
        return found

    def stops(self, field: str) -> "array[int]":
        """Behind the last byte of values; -1 where absent."""
        found: array[int] = self._stops[self._part(field)]
        return found

    def is_kind(self, field: str, *kinds: Kind) -> bytearray:
        """1 where the value is of one of these kinds."""
        return self.kinds(field).translate(kinds_table(kinds))

    def filled(self, field: str) -> bytearray:
        """1 where the value is a string with something in it."""
        return self._by.filled(*self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def strings(self, field: str) -> bytearray:
        """1 where the value is an array of nothing but strings, none of them empty."""
        return self._by.strings(self.data, *self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def uuids(self, field: str) -> bytearray:
        """1 where the value is a string of 8-4-4-4-12 hex digits."""
        return self._by.uuids(self.data, *self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def hashes(self, field: str) -> bytearray:
        """1 where the value is a string of 64 lower-case hex digits."""
        return self._by.hashes(self.data, *self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def marks(self, field: str) -> "array[int]":
        """``mark_of`` texts without escapes; 0 for others, and for ''."""
        return self._by.marks(self.data, *self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def javascript(self, field: str) -> bytearray:
        """1 where the bytes of the value are surely what JSON.stringify writes for it.

        That is, no white space, no escapes, no key that begins with a digit (it might be an index), and of numbers
        integers of fewer than 16 digits and decimals of up to 15 (without exponent, not below 1e-6, the last digit not
        0): of these a double's shortest text gives back the digits.
        """
        return self._by.javascript(self.data, *self._columns(field))  # type: ignore[no-any-return]  # either scanner's

    def raw(self, field: str) -> list[bytes | None]:
        """The bytes of values as they stand; None where absent."""
        _, begins, stops = self._columns(field)
        data = self.data
        return [data[begin:stop] if begin >= 0 else None for begin, stop in zip(begins, stops, strict=True)]

    def texts(self, field: str, rows: Sequence[int] | None = None) -> list[str | None]:
        """The texts of strings, escapes read, for each of the ``rows`` (None: all); None where the value is none."""
        data = self.data
        columns: Sequence[Sequence[int]] = self._columns(field)
        if rows is not None:
            columns = [[column[row] for row in rows] for column in columns]
        return [
            data[begin + 1 : stop - 1].decode() if kind == 1 else unescaped(data[begin:stop]) if kind == 2 else None
            for kind, begin, stop in zip(*columns, strict=True)
        ]

    def codes(self, field: str, interner: Interner) -> "array[int]":
        """The codes of strings; 0 where the value is none, and for ''."""
        if type(interner.known) is not dict:
            raise TypeError("an interner knows by a dict")
        add = interner.add
        found: array[int] = self._by.codes(
            self.data, *self._columns(field), interner.known, lambda raw: add(raw, unescaped(raw)), interner.recent
        )
        return found

    def raw_codes(self, field: str, known: dict[bytes, int], new: Callable[[bytes], int]) -> "array[int]":
        """Codes of values by their bytes, b'' where absent. ``new`` gives those not ``known``, and may note them."""
        return self._by.raw_codes(self.data, *self._columns(field)[1:], known, new)  # type: ignore[no-any-return]  # either scanner's

    def strange_uuids(self, field: str, known: set[bytes]) -> bytearray:
        """1 where the value holds a UUID in quotes whose bytes are not ``known``."""
        return self._by.strange_uuids(self.data, *self._columns(field)[1:], known)  # type: ignore[no-any-return]  # either scanner's

    def integers(self, field: str, missing: int = MISSING) -> "array[int]":
        """Integers of at most 15 digits; ``missing`` for others, and for -0."""
        found: array[int] = self._by.integers(self.data, *self._columns(field), missing)
        return found

    def instants(self, field: str) -> "tuple[array[int], bytearray]":
        """UTC microseconds and a mark where a zone is named, as ``times.moments`` gives them for the texts; ``NO_TIME``
        and 0 where there is no text, or it names no instant.

        Fast for ``2026-11-20T09:30:00.123456`` with fewer digits or none, and with nothing, Z or +00:00 behind.
        """
        columns = self._columns(field)
        times: array[int]
        times, zones = self._by.instants(self.data, *columns)
        if NO_TIME in times:
            for row, (kind, begin, stop) in enumerate(zip(*columns, strict=True)):
                if (kind == 1 or kind == 2) and times[row] == NO_TIME:
                    instant = quick(unescaped(self.data[begin:stop]))
                    if instant is not None:
                        times[row], zones[row] = instant[0], instant[1] != ""
        return times, zones

    def fits(self, field: str, pattern: "re.Pattern[bytes]") -> bytearray:
        """1 where the value is a string without escapes whose UTF-8 the pattern matches as a whole."""
        data, match = self.data, pattern.fullmatch
        return bytearray(
            [
                kind == 1 and match(data, begin + 1, stop - 1) is not None
                for kind, begin, stop in zip(*self._columns(field), strict=True)
            ]
        )

    def keys64(self, field: str, prefix: bytes = b"") -> "array[int]":
        """``key64`` of a prefix and the text of a string or the digits of an integer; 0 where there is none, or ''."""
        data, keys, salt = self.data, array("q"), self.salt
        fresh = blake2b(prefix, digest_size=8, salt=salt).copy  # a third of what a new one costs
        found = []
        for kind, begin, stop in zip(*self._columns(field), strict=True):
            if kind == 1 and stop - begin > 2:
                one = fresh()
                one.update(data[begin + 1 : stop - 1])
                found.append(one.digest())
            else:
                found.append(key_of(prefix, data[begin:stop], kind, salt) if kind in KEYED else NO_KEY)
        keys.frombytes(b"".join(found))
        if sys.byteorder == "little":
            keys.byteswap()
        return keys

    def preimages(self, pieces: Sequence[Piece], rows: Sequence[int] | None = None) -> list[bytes | None]:
        """What ``digests`` hashes; None where a piece is missing."""
        parts = [self._piece(piece) for piece in pieces]
        return self._by.preimages(self.data, parts, self._rows(rows))  # type: ignore[no-any-return]  # either scanner's

    def digests(self, pieces: Sequence[Piece], rows: Sequence[int] | None = None) -> bytes:
        """SHA-256 over the pieces put together, 32 bytes for each of the ``rows`` (None: all). Zeros where a piece is
        missing: the field is absent, or a ``Text`` is neither a string without escapes nor an integer."""
        found: bytes = self._by.digests(self.data, [self._piece(piece) for piece in pieces], self._rows(rows))
        return found

    def matches(self, field: str, digests: bytes, rows: Sequence[int] | None = None) -> bytearray:
        """1 for each of the ``rows`` (None: all) whose text is the lower-case hex of its digest; never for zeros."""
        found: bytearray = self._by.matches(self.data, *self._columns(field), digests, self._rows(rows))
        return found

    def follow(
        self,
        tips: Tips,
        codes: "array[int]",
        sequences: "array[int]",
        times: "array[int]",
        previous: str,
        stored: str,
        able: bytearray,
        beside: bytearray | None = None,
    ) -> bytearray:
        """1 for rows that go on where their chain ends; its tip moves with them.

        A row does so if it is ``able``, has the tip's next sequence, a time that is not before the tip's, the tip's
        hash (or a null, where there is none) in the field ``previous``, and 64 characters in the field ``stored``.
        After a row that does not, the tip of its code is unknown, so that later rows of that chain do not follow
        either: the careful way takes them in order, and puts the tip again. Rows with code 0 follow nothing. Rows
        ``beside`` are of a chain's stream, but no links of it: they need the time alone, and move nothing else.
        """
        beside = bytearray(self.count) if beside is None else beside
        if not self.count == len(codes) == len(sequences) == len(times) == len(able) == len(beside):
            raise ValueError("columns of different lengths")
        found: bytearray = self._by.follow(
            self.data,
            (tips.states, tips.hashes, tips.befores, tips.nexts, tips.times, tips.ties),
            codes,
            sequences,
            times,
            self._columns(previous),
            self._columns(stored),
            able,
            beside,
        )
        return found

    def inside(self, field: str, fields: Fields, rows: Sequence[int] | None = None) -> "Scan":
        """The values of a field scanned as records, row for row; where it is absent, and for others than the ``rows``
        (None: all), the row is blank."""
        _, begins, stops = self._columns(field)
        if rows is not None:
            some = array("q", [-1]) * self.count
            for row in self._rows(rows):
                some[row] = begins[row]
            begins = some
        return Scan(self.data, fields, begins, stops, self._by)

    def part(self, low: int, high: int) -> "Scan":
        """The rows from ``low`` to ``high`` alone."""
        found = Scan.__new__(Scan)
        found._by, found.data, found.fields, found.count = self._by, self.data, self.fields, high - low
        found._parts, found.salt = {}, self.salt
        found.starts, found.ends = self.starts[low:high], self.ends[low:high]
        found.flags, found.others = self.flags[low:high], self.others[low:high]
        parts = [slice(at + low, at + high) for at in range(0, self.count * len(self.fields.names), self.count)]
        found._kinds = bytearray().join([self._kinds[part] for part in parts])
        found._begins, found._stops = array("q"), array("q")
        for part in parts:
            found._begins += self._begins[part]
            found._stops += self._stops[part]
        return found

    def _part(self, field: str) -> slice:
        at = self.fields.index[field]
        return slice(at * self.count, at * self.count + self.count)

    def _columns(self, field: str) -> "tuple[bytearray, array[int], array[int]]":
        found = self._parts.get(field)
        if found is None:
            part = self._part(field)
            found = self._parts[field] = self._kinds[part], self._begins[part], self._stops[part]
        return found

    def _rows(self, rows: Sequence[int] | None) -> "array[int]":
        if rows is None:
            return first_rows(self.count)
        found = rows if isinstance(rows, array) and rows.typecode == "q" else array("q", rows)
        if found and not 0 <= min(found) <= max(found) < self.count:
            raise ValueError("a row is none of the scan's")
        return found

    def _piece(self, piece: Piece) -> Any:
        if isinstance(piece, bytes):
            return piece
        if isinstance(piece, Stamp):
            if len(piece.times) != self.count:
                raise ValueError("columns of different lengths")
            return piece.times, piece.shift
        if not isinstance(piece, Raw):
            return piece if type(piece) is list else list(piece)
        if piece is RECORD:
            return bytearray(b"\6") * self.count, self.starts, self.ends, False, None
        of = piece.of or self
        if of.data is not self.data or of.count != self.count:
            raise ValueError("a piece is of another batch")
        return *of._columns(piece.field), isinstance(piece, Text), piece.null
