"""Tar archives, plain or in gzip: their members are read where they lie.

An archive comes from anybody, so nothing is unpacked: a member is a range of the archive's bytes, its name is only
compared and shown, and what a header claims is checked before memory is given for it. Formats: POSIX.1-2017, pax, and
GNU's long names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from console.model.finding import Finding
from console.model.trust import Severity
from console.sources.content import Content, Window
from console.sources.protocol import FileState

MEMBERS = 10_000
LISTED = 1 << 30
"""Bytes of an archive in gzip that are decoded to find its members."""
BLOCK = 512

_NAME_SIZE = 64 * 1024
"""Bytes of a long name, or of a pax header, that are read."""
_REGULAR = b"0\0" + b"7"
_PAX, _PAX_FOR_ALL, _GNU_NAME, _GNU_LINK, _GNU_SPARSE = b"xgLKS"


def is_tar(head: bytes) -> bool:
    """True if bytes begin with the header of a member: by its checksum, as older archives have no magic."""
    return _header(head[:BLOCK]) is not None


@dataclass(frozen=True, slots=True)
class _Header:
    kind: int
    name: bytes
    size: int


class TarMember:
    """One member: a range of the archive's bytes. Its end also ends its last record, because an archive is closed."""

    kind = "tar"
    sealed = True

    def __init__(self, archive: Content, member: str, offset: int, size: int) -> None:
        self.archive = archive
        self.path = archive.path
        self.member = member
        self.offset = offset
        self.size = size

    def state(self) -> FileState:
        return self.archive.state()

    @contextmanager
    def open(self) -> Iterator[Window]:
        with self.archive.open() as window:
            yield TarWindow(window, self.offset, self.size)


class TarWindow:
    """A window on a range of another one."""

    def __init__(self, window: Window, offset: int, size: int) -> None:
        self._window = window
        self._offset = offset
        self._size = size

    def read(self, offset: int, size: int) -> bytes:
        return self._window.read(self._offset + offset, max(0, min(size, self._size - offset)))

    def lines(self, offset: int, size: int) -> bytes:
        block = self.read(offset, size)
        return block[: block.rfind(b"\n") + 1]

    def findings(self) -> list[Finding]:
        """Also where the archive ends before the member does."""
        cut = self._size and not self._window.read(self._offset + self._size - 1, 1)
        message = "The archive ends within this member: it was cut off."
        return [*self._window.findings(), *([_damaged(message)] if cut else [])]


def members(archive: Content, window: Window) -> Iterator[TarMember | Finding]:
    """The regular files of an archive, in their order; a finding where one cannot be read, or reading ends early.

    ``window`` is the open archive: who takes each member's bytes from it at once reads the archive in one pass.
    """
    at = count = 0
    name: bytes | None = None
    size: int | None = None
    while (block := window.read(at, BLOCK)).strip(b"\0"):
        header = _header(block)
        if header is None:
            yield _damaged(f"The archive is damaged at byte {at:,}; members behind it are not read.")
            return
        count += 1
        if count > MEMBERS or (archive.kind is not None and at > LISTED):
            yield _damaged(f"The archive is larger than {MEMBERS:,} members or 1 GiB: unpack it, and open the folder.")
            return
        data, length = at + BLOCK, header.size if size is None else size
        at = data + -(-length // BLOCK) * BLOCK
        if header.kind in (_PAX, _PAX_FOR_ALL):
            if header.kind == _PAX:
                named, sized = _pax(window.read(data, min(length, _NAME_SIZE)))
                name, size = named or name, sized
            continue
        if header.kind in (_GNU_NAME, _GNU_LINK):
            if header.kind == _GNU_NAME:
                name = window.read(data, min(length, _NAME_SIZE)).rstrip(b"\0")
            continue
        text = (name or header.name).decode("utf-8", "surrogateescape")
        if header.kind == _GNU_SPARSE:
            yield _damaged(f"{text} is stored as a sparse file, which is not read here: unpack the archive.")
        elif header.kind in _REGULAR:
            yield TarMember(archive, text, data, length)
        name = size = None


def _damaged(message: str) -> Finding:
    return Finding("container.unreadable", Severity.ERROR, message, standing=True)


def _header(block: bytes) -> _Header | None:
    """What a header says; None where it is none by its checksum."""
    if len(block) < BLOCK or not block[0]:
        return None
    checksum, size = _number(block[148:156]), _number(block[124:136])
    if checksum is None or size is None or checksum != sum(block) - sum(block[148:156]) + 8 * ord(" "):
        return None
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _Header(block[156], prefix + b"/" + name if prefix else name, size)


def _number(field: bytes) -> int | None:
    """Octal digits, or GNU's binary form."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if not text.isdigit():
        return None if text else 0
    try:
        return int(text, 8)
    except ValueError:
        return None


def _pax(data: bytes) -> tuple[bytes | None, int | None]:
    """Name and size of a member by its pax header, which is lines of a length, a key and a value."""
    name: bytes | None = None
    size: int | None = None
    while (length := data.partition(b" ")[0]).isdigit() and 0 < len(length) < 8 and int(length):
        line, data = data[: int(length)], data[int(length) :]
        key, _, value = line[len(length) + 1 :].rstrip(b"\n").partition(b"=")
        if key == b"path":
            name = value
        elif key == b"size" and value.isdigit() and len(value) < 20:
            size = int(value)
    return name, size
