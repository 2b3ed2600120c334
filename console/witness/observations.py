"""Looks at one ledger, one JSON line each: when, by whom, what was there, and if it agreed with what was known.

Each line carries a checksum. A last line that a crash tore does not count and is cut away by the next writer; damage
before it is damage, and what follows is not believed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from console.witness.errors import DamagedMemoryError
from console.witness.private_files import OwnFolder, read_all, write_all

_FILE = "observations"
_NEXT = "observations.next"
_SUM = ',"sum":"'


@dataclass(frozen=True, slots=True)
class Hints:
    """The file of a ledger when it was looked at. Content decides; these only tell if there is reason to read it.

    ``state`` is all that says that the content cannot have changed: device, inode, size, and times of the file and of
    those beside it that hold a part of it. ``head`` is the SHA-256 of the first 4 KiB, hex.
    """

    state: str
    size: int
    mode: int
    owner: int
    head: str


@dataclass(frozen=True, slots=True)
class PastLook:
    """One look.

    ``base`` numbers the history that it was compared with: a change that was accepted begins a new one. ``records``,
    ``size`` (bytes) and ``root`` (of the tree over the record hashes, hex) are what was there; ``sha256`` is the file's
    as it is stored, '' if it was not computed. ``agrees``: all that was known was there, and what came since was taken
    in.
    ``codes`` are those of the findings where it does not. ``heads`` are the newest hashes of its chains, by stream and
    profile, ``due`` is how many of its events are to be kept until a day (ISO, or ``never``).
    ``note`` is why a change was accepted. ``looks`` is how many looks it stands for: those right before it that are not
    kept, and itself.
    """

    time: str
    command: str
    version: str
    base: int
    records: int
    size: int
    root: str
    hints: Hints
    agrees: bool
    verdict: str = ""
    sha256: str = ""
    codes: Sequence[str] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    due: Mapping[str, int] = field(default_factory=dict)
    looks: int = 1

    def line(self) -> bytes:
        """With its checksum and line end."""
        text = json.dumps(asdict(self), separators=(",", ":"))
        return f'{text[:-1]}{_SUM}{_sum(text)}"}}\n'.encode()


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _read(line: bytes) -> PastLook | None:
    """None for a line that is not whole."""
    try:
        text, _, checksum = line.decode().rpartition(_SUM)
        if checksum != f'{_sum(text + "}")}"}}':
            return None
        found = json.loads(text + "}")
        return PastLook(**{**found, "hints": Hints(**found["hints"])})
    except (ValueError, TypeError, KeyError):
        return None


def read_observations(folder: OwnFolder) -> tuple[list[PastLook], int]:
    """All looks, oldest first, and the bytes of their lines. Raises ``DamagedMemoryError`` and ``NoMemoryError``."""
    try:
        with folder.file(_FILE) as descriptor:
            data = read_all(descriptor)
    except FileNotFoundError:
        return [], 0
    found: list[PastLook] = []
    end = 0
    lines = data.split(b"\n")
    torn = lines.pop()
    for number, line in enumerate(lines):
        one = _read(line)
        if one is None and number == len(lines) - 1 and not torn:
            break  # written, but not all of it lasted
        if one is None:
            raise DamagedMemoryError(f"is damaged: line {number + 1:,} of its observations is not what was written")
        found.append(one)
        end += len(line) + 1
    return found, end


def append_observation(folder: OwnFolder, at: int, seen: PastLook) -> int:
    """One more look, behind the first ``at`` bytes; it lasts when this returns. The bytes of all lines. Raises
    ``NoMemoryError``."""
    line = seen.line()
    with folder.file(_FILE, write=True) as descriptor:
        if os.fstat(descriptor).st_size > at:
            os.ftruncate(descriptor, at)
        write_all(descriptor, line, at)
    return at + len(line)


def replace_observations(folder: OwnFolder, seen: Sequence[PastLook]) -> int:
    """These looks in the place of all that are there; they last when this returns, and a crash leaves one list or the
    other. The bytes of their lines. Raises ``NoMemoryError``."""
    text = b"".join(each.line() for each in seen)
    with folder.file(_NEXT, write=True) as descriptor:
        os.ftruncate(descriptor, 0)
        write_all(descriptor, text, 0)
    folder.rename(_NEXT, _FILE)
    return len(text)
