"""Hashes of many records at once: preimages are put together from a scan's slices, as their profile declares them.

What is reproduced here holds one by one, too (``console.verify.judgement``), with the same trust: the pieces are the
bytes that the profile would write, because the scan says what they are. What is not reproduced here is for that way to
look at. Of searches only the cheapest is made: times as stored and at the next likely distance, known orders of keys.
"""

from array import array
from collections.abc import Sequence
from itertools import compress

from console.formats.json.scan import Fields, Kind, Piece, Raw, Scan, Stamp, Text, both, neither
from console.model.trust import Trust
from console.verify.javascript import quote
from console.verify.judgement import Memory
from console.verify.orders import Template
from console.verify.profile import Document, HashProfile, Kept, Layout, Slice, Value

Order = tuple[tuple[str, "Order | None"], ...]
"""Keys of an object, each with the order of the object in it (None: whatever it holds is taken as stored)."""
_MANY = 4
"""Orders of keys that are tried for one type of event."""
_LITERALS = (Kind.STRING, Kind.INTEGER, Kind.NULL)
"""Kinds of values whose bytes are JSON.stringify's."""


class BulkHashes:
    """Checks hashes of one profile in ledgers of one layout, whose records are scanned for ``fields``.

    ``memory`` has the orders of keys that this ledger's types were found to have.
    """

    def __init__(self, profile: HashProfile, layout: Layout, fields: Fields, memory: Memory) -> None:
        self._profile = profile
        self._name = layout.name
        self._hash = layout.name("hash")
        self._memory = memory
        self._document = profile.document
        self._field = "" if self._document is None else layout.name(self._document.field)
        """The ledger's name of the document."""
        self._kept = None if self._document is None else self._document.kept
        values = [piece for piece in profile.pieces if isinstance(piece, Value)]
        self._literals = [layout.name(piece.field) for piece in values if piece.form.slice is Slice.RAW]
        asked = [piece.field for piece in profile.pieces if isinstance(piece, Value | Document)]
        self._first: dict[str, Order | None] = {}
        """By type, the order that worked last."""
        self.able = all(piece.form.slice is not Slice.NONE for piece in values) and all(
            layout.name(field) in fields.index for field in (*asked, "hash")
        )
        """False: the profile hashes what the scan does not have."""

    def reproduced(
        self, scan: Scan, able: bytearray, types: Sequence[int], names: Sequence[str], times: "array[int]"
    ) -> bytearray:
        """The trust of each row as far as its hash goes; 0 where it is not reproduced, or the row is not ``able``:
        plain, with a time. ``types`` are codes of ``names``."""
        able = both(able, *[scan.is_kind(name, *_LITERALS) for name in self._literals])
        held = bytearray(scan.count)
        if self._profile.complete:
            # 1 in a mask is VERIFIED.
            document = [Raw(self._field)] if self._field else []
            held = both(able, scan.matches(self._hash, scan.digests(self._pieces(document))))
            able = both(able, neither(held))
            if 1 not in able or self._document is None:
                return held
        if self._kept is Kept.VALUE or self._profile.complete:
            able = both(able, scan.javascript(self._field))
        todo: dict[int, list[int]] = {}
        for row in compress(range(scan.count), able):
            todo.setdefault(types[row], []).append(row)
        orders = {type: self._orders(names[type]) for type in todo}
        for turn in range(_MANY):
            together: dict[Order | None, list[int]] = {}
            for type, rows in todo.items():
                if rows and turn < len(orders[type]):
                    together.setdefault(orders[type][turn], []).extend(rows)
            if not together:
                break
            self._try(scan, together, times, held)
            for type, rows in todo.items():
                todo[type] = left = [row for row in rows if not held[row]]
                if turn and len(left) < len(rows):
                    self._first[names[type]] = orders[type][turn]
        return held

    def _orders(self, type: str) -> list[Order | None]:
        """Orders that events of this type may have been hashed in, the likeliest first; None is as stored."""
        if self._document is None or (self._kept is not Kept.VALUE and not self._profile.complete):
            return [None]
        known = self._document.orders.get(type)
        found: list[Order | None] = [] if self._profile.complete else [None]
        if known is not None:
            found.append(tuple((key, None) for key in known))
        for template in self._memory.learned.get(type, ()):
            order = _order_of(template)
            if order is not None and order not in found:
                found.append(order)
        first = self._first.get(type)
        if first in found:
            found.remove(first)
            found.insert(0, first)
        return found[:_MANY]

    def _try(self, scan: Scan, some: dict[Order | None, list[int]], times: "array[int]", held: bytearray) -> None:
        """Rows with their documents in these orders, at the likeliest times."""
        rows: list[int] = []
        texts: list[bytes] = []
        stored = scan.raw(self._field) if self._field else [b""] * scan.count
        for order, found in some.items():
            documents = [stored[row] for row in found] if order is None else _arranged(scan, self._field, order, found)
            for row, text in zip(found, documents, strict=True):
                if text is not None:
                    rows.append(row)
                    texts.append(text)
        moment = self._profile.moment
        for delta in (0,) if moment is None else moment.near[:2]:
            if not rows:
                return
            pieces = self._pieces([texts], Stamp(times, delta))
            mask = scan.matches(self._hash, scan.digests(pieces, rows), rows)
            for row, text in compress(zip(rows, texts, strict=True), mask):
                held[row] = Trust.VERIFIED if not delta and text == stored[row] else Trust.RECOVERED
            texts = [text for text, hit in zip(texts, mask, strict=True) if not hit]
            rows = [row for row in rows if not held[row]]

    def _pieces(self, document: Sequence[Piece], time: Piece = b"") -> list[Piece]:
        found: list[Piece] = []
        for piece in self._profile.pieces:
            if isinstance(piece, bytes):
                found.append(piece)
            elif isinstance(piece, Value):
                of = Text if piece.form.slice is Slice.TEXT else Raw
                found.append(of(self._name(piece.field), piece.null))
            elif isinstance(piece, Document):
                found += document
            else:
                found += [b'"', time, b'"']
        return found


def _order_of(template: Template) -> Order | None:
    """The order of a template; None where it says something of arrays, too."""
    if type(template) is not list:
        return None
    found: list[tuple[str, Order | None]] = []
    for key, inner in template:
        order = None if inner is None else _order_of(inner)
        if inner is not None and order is None:
            return None
        found.append((key, order))
    return tuple(found)


def _arranged(scan: Scan, field: str, order: Order, rows: list[int]) -> list[bytes | None]:
    """A field's objects with their keys in this order, for each of the rows; None where there are other keys."""
    pieces, fits = _members(scan, field, order, rows)
    found = scan.preimages(pieces, rows)
    return [text if fits[row] else None for row, text in zip(rows, found, strict=True)]


def _members(scan: Scan, field: str, order: Order, rows: list[int]) -> tuple[list[Piece], bytearray]:
    """The pieces of a field's objects in this order, and a mask of the rows that have these keys and no others."""
    inner = scan.inside(field, Fields(*[key for key, _ in order]), rows)
    absent = [inner.is_kind(key, Kind.ABSENT) for key, _ in order]
    fits = both(scan.is_kind(field, Kind.OBJECT), neither(inner.others, *absent))
    pieces: list[Piece] = [b"{"]
    lead = b""
    for key, deeper in order:
        pieces.append(lead + quote(key).encode() + b":")
        if deeper is None:
            pieces.append(Raw(key, of=inner))
        else:
            more, able = _members(inner, key, deeper, rows)
            pieces += more
            fits = both(fits, able)
        lead = b","
    return [*pieces, b"}"], fits
