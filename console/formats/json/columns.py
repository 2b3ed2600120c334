"""What goes with a scan's columns: codes of names, masks of rows, and chain ends that are carried between batches.

A mask is a bytearray with 1 or 0 for each row. Masks are joined as one large number each, which costs next to nothing.
"""

import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from console.formats.json.which_scanner import scanner

_RECENT = 1024 * 64
_REMEMBERED = 65_536
"""Spellings of names that are kept; then all are forgotten, and asked for again."""


class Interner:
    """Codes of names by the bytes that spell them. ``new`` gives the code of a text: always the same for one text."""

    __slots__ = ("_new", "known", "recent")

    def __init__(self, new: Callable[[str], int]) -> None:
        self._new = new
        self.known: dict[bytes, int] = {}
        self.recent = bytearray(_RECENT)
        """Room for the compiled scanner to find what is asked most without making objects."""

    def add(self, raw: bytes, text: str) -> int:
        """Ask for the code of a text, and remember it for its spelling; 0 for ''."""
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        code = self.known[raw] = self._new(text) if text else 0
        return code


class Tips:
    """The ends of chains, by code of their stream: the last two hashes, the next sequence, the last time.

    A code without an end is unknown: no row follows it. Memory: 146 bytes for each code up to the highest.
    """

    __slots__ = ("befores", "hashes", "nexts", "states", "ties", "times")

    def __init__(self) -> None:
        self.states = bytearray()
        """0: unknown; 1: the next event names no previous hash; 2: it names the one in ``hashes``."""
        self.hashes = bytearray()
        """64 hex digits each."""
        self.befores = bytearray()
        """What stood in ``hashes`` before the last row that followed; without meaning where none did."""
        self.nexts = array("q")
        self.times = array("q")
        self.ties = bytearray()
        """1 where a row followed that has the time of the row before it; whoever looks sets it back."""

    def put(self, code: int, last: str | None, sequence: int, time: int) -> None:
        """The end of a chain: its last stored hash (None: there is none before the next event), the sequence that the
        next event has, and the least time that it may have."""
        if code <= 0:
            raise ValueError("a stream's code is above 0")
        if code >= len(self.states):
            more = max(code + 1, 2 * len(self.states)) - len(self.states)
            self.states.extend(bytes(more))
            self.hashes.extend(bytes(64 * more))
            self.befores.extend(bytes(64 * more))
            self.ties.extend(bytes(more))
            self.nexts.frombytes(bytes(8 * more))
            self.times.frombytes(bytes(8 * more))
        text = b"" if last is None else last.encode("utf-8", "surrogatepass")
        self.states[code] = 1 if last is None else 2 if len(text) == 64 else 0
        if len(text) == 64:
            self.hashes[64 * code : 64 * code + 64] = text
        self.nexts[code] = sequence
        self.times[code] = time

    def get(self, code: int) -> tuple[str | None, int, int] | None:
        """What was ``put``, or came by ``Scan.follow`` since; None where unknown."""
        if not 0 < code < len(self.states) or not self.states[code]:
            return None
        return self.last(code) if self.states[code] == 2 else None, self.nexts[code], self.times[code]

    def last(self, code: int) -> str:
        """The hash of the last row that followed, also where the end is unknown by now."""
        return self.hashes[64 * code : 64 * code + 64].decode("utf-8", "surrogatepass")

    def before(self, code: int) -> str:
        """The hash that the last row that followed builds on, where it names one."""
        return self.befores[64 * code : 64 * code + 64].decode("utf-8", "surrogatepass")

    def drop(self, code: int) -> None:
        """The end is unknown from here on."""
        if 0 < code < len(self.states):
            self.states[code] = 0


class Counts:
    """Counts of rows of several kinds, by code, and which codes were counted since that was last asked."""

    __slots__ = ("_by", "_changed", "_counts")

    def __init__(self, kinds: int, *, by: Any = None) -> None:
        self._counts = [array("q") for _ in range(kinds)]
        self._changed = bytearray()
        self._by = by or scanner

    def put(self, code: int, counts: Sequence[int]) -> None:
        """Set the counts of a code, one for each kind."""
        more = max(code + 1, 2 * len(self._changed)) - len(self._changed) if code >= len(self._changed) else 0
        self._changed.extend(bytes(more))
        for column, count in zip(self._counts, counts, strict=True):
            column.frombytes(bytes(8 * more))
            column[code] = count

    def of(self, code: int) -> list[int]:
        """The counts of a code, one for each kind."""
        return [column[code] for column in self._counts]

    def add(self, codes: "array[int]", kinds: bytes | bytearray) -> None:
        """Count rows: of these codes, each of its kind. The codes were put."""
        for kind in set(kinds):
            self._by.tally(self._counts[kind], self._changed, codes, kinds.translate(_table_of(kind)))

    def changed(self) -> list[int]:
        """The codes that were counted since this was last asked."""
        found = [*rows_of(self._changed)]
        for code in found:
            self._changed[code] = 0
        return found


@cache
def _table_of(value: int) -> bytes:
    return bytes(each == value for each in range(256))


class Machines:
    """One state machine for each code: its state is a number, and moves by numbers of symbols.

    ``moves`` has a row for each state: the next state for each symbol; 0 is the symbol of what moves nothing. ``noted``
    has 1 where a move is to be looked at. Machines begin in state 0. At most 254 states.
    """

    __slots__ = ("_by", "_moves", "_noted", "_width", "states")

    def __init__(self, moves: Sequence[bytes], noted: Sequence[bytes], *, by: Any = None) -> None:
        self._width = len(moves[0])
        if len(moves) > 254 or any(len(row) != self._width for row in (*moves, *noted)):
            raise ValueError("a table of at most 254 states, with all symbols for each")
        self._moves, self._noted = b"".join(moves), b"".join(noted)
        self._by = by or scanner
        self.states = bytearray()
        """By code."""

    def put(self, code: int, state: int) -> None:
        """Set the state of one."""
        if code >= len(self.states):
            self.states.extend(bytes(max(code + 1, 2 * len(self.states)) - len(self.states)))
        self.states[code] = state

    def run(self, codes: "array[int]", symbols: bytes | bytearray) -> bytearray:
        """Move the machines of these codes, row by row. For a row whose move is noted, 1 and the state before; 0 for
        others."""
        found: bytearray = self._by.run_machines(
            self.states, self._moves, self._noted, self._width, codes, bytearray(symbols)
        )
        return found


def both(*masks: bytes | bytearray) -> bytearray:
    """1 where all masks have it."""
    found = int.from_bytes(masks[0], "little")
    for mask in masks[1:]:
        if len(mask) != len(masks[0]):
            raise ValueError("masks of different lengths")
        found &= int.from_bytes(mask, "little")
    return bytearray(found.to_bytes(len(masks[0]), "little"))


def either(*masks: bytes | bytearray) -> bytearray:
    """1 where any mask has it."""
    return neither(neither(*masks))


def neither(*masks: bytes | bytearray) -> bytearray:
    """1 where no mask has it."""
    found = 0
    for mask in masks:
        if len(mask) != len(masks[0]):
            raise ValueError("masks of different lengths")
        found |= int.from_bytes(mask, "little")
    return bytearray(found.to_bytes(len(masks[0]), "little").translate(_TURNED))


_TURNED = bytes([1]) + bytes(255)


def repeats(marks: "array[int]") -> list[tuple[int, int]]:
    """Rows whose mark stands in an earlier row, each with the first of these; 0 is no mark."""
    found: list[tuple[int, int]] = scanner.repeats(marks)
    return found


def picked(codes: "array[int]", table: bytes | bytearray) -> bytearray:
    """``table[code]`` for each row; codes are below the table's length."""
    if len(table) > 256 or sys.byteorder != "little":
        return bytearray(map(table.__getitem__, codes))
    # The lowest byte of each code, all at once.
    return bytearray(codes.tobytes()[::8].translate(bytes(table).ljust(256, b"\0")))


def rows_by_code(codes: "array[int]") -> "dict[int, array[int]]":
    """The rows of each code, rising, by code. Codes are 0 or more."""
    found: dict[int, array[int]] = scanner.rows_by_code(codes)
    return found


def gathered(column: "array[int]", rows: "array[int]") -> "array[int]":
    """What a column has in each of these rows."""
    found: array[int] = scanner.gathered(column, rows)
    return found


def rows_of(mask: bytes | bytearray) -> Iterator[int]:
    """The rows that have it, in their order."""
    at = mask.find(1)
    while at >= 0:
        yield at
        at = mask.find(1, at + 1)


_rows = array("q", range(1024))


def first_rows(count: int) -> "array[int]":
    """The numbers from 0 on."""
    if count > len(_rows):
        _rows.extend(range(len(_rows), 2 * count))
    return _rows[:count]
