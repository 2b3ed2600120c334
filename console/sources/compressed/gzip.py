"""Gzip, RFC 1952: all members of a file as one stream of decoded bytes.

A stream can only be decoded forwards, and events in its middle are looked at again and again. So states of the decoder
are kept on the way, and reading begins at the nearest one.
"""

import os
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from console.model.finding import Finding
from console.model.trust import Severity
from console.sources.content import ForwardWindow, Window
from console.sources.files import file_state, opened, read_at
from console.sources.protocol import FileState
from console.sources.sniff import GZIP

EXPANSION_RATIO = 200
"""Decoded bytes per stored byte that no ledger reaches …"""
EXPANSION_FREE = 32 * 1024 * 1024
"""… and the decoded bytes up to which no ratio matters."""

_IN = 64 * 1024
_FIRST = 256
"""Stored bytes that a new member is given first: what follows a short one is looked at again."""
_OUT = 256 * 1024
_SPACING = 8 * 1024 * 1024
_POINTS = 64


@dataclass(frozen=True, slots=True)
class _Point:
    """A place to decode from: offsets of the next decoded and the next stored byte, and the decoder's state there.

    ``inflate`` is a zlib decompression object that is only ever copied; None between two members.
    """

    decoded: int
    stored: int
    inflate: Any


class GzipContent:
    """A gzip file. Up to 64 states of the decoder are kept, evenly over what was read, until the file changes."""

    member = None
    kind = "gzip"
    sealed = False

    def __init__(self, path: str) -> None:
        self.path = path
        self._stamp: tuple[int, ...] = ()
        self._forget()

    def __reduce__(self) -> tuple[type["GzipContent"], tuple[str]]:
        return GzipContent, (self.path,)

    def _forget(self) -> None:
        self._points = [_Point(0, 0, None)]
        self._spacing = _SPACING

    def state(self) -> FileState:
        return file_state(self.path)

    @contextmanager
    def open(self) -> Iterator[Window]:
        with opened(self.path) as descriptor:
            status = os.fstat(descriptor)
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if stamp != self._stamp:
                self._stamp = stamp
                self._forget()

            def stored(offset: int, size: int) -> bytes:
                return read_at(self.path, descriptor, offset, size)

            findings: list[Finding] = []

            def decode(offset: int) -> tuple[int, Iterator[bytes]]:
                point = self._points[bisect_right(self._points, offset, key=attrgetter("decoded")) - 1]
                findings.clear()
                return point.decoded, _blocks(stored, point, self._keep, findings.append)

            yield ForwardWindow(decode, lambda: list(findings))

    def _keep(self, decoded: int, stored: int, inflate: "zlib._Decompress | None") -> None:
        points = self._points
        if decoded - points[-1].decoded < self._spacing:
            return
        points.append(_Point(decoded, stored, inflate and inflate.copy()))
        if len(points) > _POINTS:
            del points[1::2]
            self._spacing *= 2


def _blocks(
    read: Callable[[int, int], bytes],
    point: _Point,
    keep: Callable[[int, int, Any], None],
    report: Callable[[Finding], None],
) -> Iterator[bytes]:
    """Decoded blocks from a point to the end, or to where the stream is damaged or goes beyond the limit."""
    decoded, stored = point.decoded, point.stored
    inflate = point.inflate and point.inflate.copy()
    read = _buffered(read)
    size = _IN
    while True:
        keep(decoded, stored, inflate)
        before = inflate and inflate.copy()
        if inflate is None:
            start = _next_member(read, stored)
            if start is None:
                return
            magic = read(start, len(GZIP))
            if magic != GZIP[: len(magic)]:
                report(_trailing(decoded, start))
                return
            stored, inflate, size = start, zlib.decompressobj(wbits=31), _FIRST
        feed = read(stored, size)
        size = min(_IN, size * 4)
        try:
            block = inflate.decompress(feed, _OUT)
        except zlib.error as error:
            block, at = _rescue(before or zlib.decompressobj(wbits=31), feed)
            decoded += len(block)
            trailer = any(word in str(error) for word in ("data check", "length check"))
            report(_broken("does not fit its own checksum" if trailer else "is damaged", decoded, stored + at))
            yield block
            return
        stored += len(feed) - len(inflate.unused_data if inflate.eof else inflate.unconsumed_tail)
        decoded += len(block)
        if block:
            yield block
        if inflate.eof:
            inflate = None
        elif not feed and not block:
            report(_broken("ends early", decoded, stored))
            return
        if decoded > EXPANSION_FREE and decoded > stored * EXPANSION_RATIO:
            report(_expansion(decoded, stored))
            return


def _buffered(read: Callable[[int, int], bytes]) -> Callable[[int, int], bytes]:
    """The same, with one read of the file for many that are near each other."""
    block, begin = b"", 0

    def near(offset: int, size: int) -> bytes:
        nonlocal block, begin
        at = offset - begin
        if at < 0 or at + size > len(block):
            block, begin, at = read(offset, max(size, 2 * _IN)), offset, 0
        return block[at : at + size]

    return near


def _next_member(read: Callable[[int, int], bytes], stored: int) -> int | None:
    """Where the next byte is that is not zero padding; None at the end of the file."""
    size = 1
    while block := read(stored, size):
        rest = block.lstrip(b"\0")
        if rest:
            return stored + len(block) - len(rest)
        stored += len(block)
        size = _IN
    return None


def _rescue(inflate: "zlib._Decompress", feed: bytes) -> tuple[bytes, int]:
    """All that can be decoded before the damage, byte by byte up to it; and where in these bytes that is."""
    pieces, at = [], 0
    try:
        for at in range(len(feed)):
            pieces.append(inflate.decompress(feed[at : at + 1], _OUT))
    except zlib.error:
        pass
    return b"".join(pieces), at


def _broken(what: str, decoded: int, stored: int) -> Finding:
    message = f"The gzip stream {what} near byte {stored:,} of the file; {decoded:,} decoded bytes before it are read."
    return Finding("container.gzip-truncated", Severity.ERROR, message, offset=decoded, standing=True)


def _trailing(decoded: int, stored: int) -> Finding:
    message = (
        f"Something that is not gzip follows the last member, from byte {stored:,} of the file on; it is not read."
    )
    return Finding("container.gzip-trailing-data", Severity.ERROR, message, offset=decoded, standing=True)


def _expansion(decoded: int, stored: int) -> Finding:
    message = (
        f"{stored:,} stored bytes expand to more than {decoded:,}: beyond {EXPANSION_RATIO} to 1, reading stops after "
        f"{EXPANSION_FREE // 1024 // 1024} MiB."
    )
    return Finding("container.gzip-expansion-limit", Severity.ERROR, message, offset=decoded, standing=True)
