"""What a drill writes with: a clock that only rises, a ledger of lines, and the record of a planted fault."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from console.library.checked_log import CheckedLog
from console.library.log_file import locked
from console.samples.pen import Document


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault: the ledger's path in the folder, the record (from 1), the code of the finding that it should give, and
    what was done. ``witness.`` codes need a console or a command that saw the ledger before."""

    ledger: str
    record: int
    code: str
    what: str
    time: str = ""

    def line(self) -> str:
        return json.dumps(asdict(self))


class DrillWriter(Protocol):
    """One system's part of a drill."""

    def healthy(self) -> None:
        """Write the next event."""

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        """By name, what plants one; each is possible once a few healthy events are there."""


class RisingClock:
    """UTC times, each at least a millisecond after the one before."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        self._last = max(self._now(), self._last + timedelta(milliseconds=1))
        return self._last


class DrillLedger:
    """A ledger of lines: checked where it is healthy, written as it is where it is not."""

    def __init__(self, root: Path, name: str, format: str, encode: Callable[[Any], str]) -> None:
        self.name = name
        self.path = root / name
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._encode = encode
        self._log = CheckedLog(self.path, format, lambda document: encode(document).encode())
        self.records = 0

    def write(self, document: Document) -> None:
        """A healthy record."""
        self._log.append(lambda: [document])
        self.records += 1

    def plant(self, document: Document, code: str, what: str) -> Planted:
        """A record with a fault."""
        with locked(self.path) as log:
            log.append([self._encode(document).encode()], sync=False)
        self.records += 1
        return Planted(self.name, self.records, code, what)

    def edit(self, old: bytes, new: bytes, what: str) -> Planted:
        """See ``edited``."""
        return edited(self.path, self.name, old, new, what)


def edited(path: Path, name: str, old: bytes, new: bytes, what: str) -> Planted:
    """Change the first record with these bytes where it stands, into as many other ones."""
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if old in line)
    with path.open("r+b") as file:
        file.seek(sum(map(len, lines[:at])) + lines[at].index(old))
        file.write(new.ljust(len(old)))
    return Planted(name, at + 1, "witness.edited", what)
