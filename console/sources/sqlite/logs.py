"""The log and the journal beside a SQLite database, as far as a private copy needs them.

Both may have been planted. Of a log, only frames that belong to its header are copied, however long the file is. A
journal may name a file that decides over several databases (a super-journal), and SQLite deletes that file when it has
followed the journal: the name is obeyed here, and never reaches SQLite. Formats: sqlite.org/fileformat2.html, 3 and 4.
"""

import os
import struct

from console.sources.files import opened, read_at

_BLOCK = 1024 * 1024
_WAL = struct.Struct(">II")
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER, _FRAME_HEADER = 32, 24
_SALTS, _FRAME_SALTS = slice(16, 24), slice(8, 16)
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_LONGEST_NAME = 512
"""As SQLite has it."""
_NAME_END = struct.Struct(">II8s")
"""Behind a super-journal's name: its length, the sum of its bytes, the magic."""


def copy_log(source: str, target: str) -> None:
    """Copy a WAL's header and the frames that follow it, to the first that belongs to an earlier header.

    What is no WAL is not copied. Raises ``SourceError``, and ``OSError`` where ``target`` cannot be written.
    """
    with opened(source) as descriptor:
        header = read_at(source, descriptor, 0, _WAL_HEADER)
        frame = _frame_size(header)
        if not frame:
            return
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(header)
            offset, belongs = len(header), True
            while belongs and (block := read_at(source, descriptor, offset, max(1, _BLOCK // frame) * frame)):
                end = 0
                while belongs and end + frame <= len(block):
                    belongs = block[end:][_FRAME_SALTS] == header[_SALTS]
                    end += frame * belongs
                file.write(block[:end])
                belongs = belongs and end == len(block)
                offset += end


def copy_journal(source: str, target: str) -> None:
    """Copy a rollback journal without the name of a super-journal.

    Nothing is copied where SQLite would not follow the journal: what is none, and one whose super-journal is gone (its
    transaction was committed). Raises like ``copy_log``.
    """
    with opened(source) as descriptor:
        size = os.fstat(descriptor).st_size
        named = _super_journal(read_at(source, descriptor, max(0, size - _LONGEST_NAME - _NAME_END.size), size))
        begins = read_at(source, descriptor, 0, len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC
        if not begins or (named is not None and not os.path.exists(named)):  # noqa: PTH110 - bytes of anyone's choice
            return
        with open(target, "wb") as file:  # noqa: PTH123
            offset = 0
            while block := read_at(source, descriptor, offset, _BLOCK):
                file.write(block)
                offset += len(block)
            file.write(bytes(_NAME_END.size))  # so that no name stands at its end


def _frame_size(header: bytes) -> int:
    """Bytes of one frame of a WAL, 0 where this is not the header of one."""
    if len(header) < _WAL_HEADER or _WAL.unpack_from(header)[0] not in _WAL_MAGIC:
        return 0
    page = int.from_bytes(header[8:12], "big")
    return _FRAME_HEADER + page if 512 <= page <= 65536 and page & (page - 1) == 0 else 0


def _super_journal(end: bytes) -> bytes | None:
    """The name of the super-journal at the end of a journal, None where there is none."""
    if len(end) < _NAME_END.size:
        return None
    length, total, magic = _NAME_END.unpack_from(end, len(end) - _NAME_END.size)
    name = end[-_NAME_END.size - length : -_NAME_END.size] if length <= _LONGEST_NAME else b""
    signed = sum(byte - 256 if byte > 127 else byte for byte in name)
    if magic != _JOURNAL_MAGIC or not name or len(name) != length or signed & 0xFFFFFFFF != total or b"\0" in name:
        return None
    return name
