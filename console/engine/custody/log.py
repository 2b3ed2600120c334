"""Appends to the chain of custody: one line for each act, linked by its hash to the line before.

A lock on the file keeps processes apart, and a line is written whole or not at all. A line that broke off all the same
(the power went) stays as it is, for all to see; the next one follows on the last whole entry.
"""

import fcntl
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from console import __version__
from console.engine.custody.place import FILE, CustodyPlace
from console.engine.errors import EngineError
from console.formats.custody.record import breach, line_of
from console.formats.json import strict
from console.formats.json.times import iso, now_micros
from console.witness.errors import NoMemoryError
from console.witness.private_files import OwnFolder, write_all

PIECE = 1 << 16
"""Bytes that are looked through at a time for the last whole entry."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""
LEDGERS = 200
"""Ledgers that one entry names; of more, how many there are."""


def record(
    place: CustodyPlace,
    action: str,
    ledgers: Sequence[str],
    result: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record one act. ``ledgers`` are paths, ``details`` what else is to be known of it, of plain JSON types.

    Raises ``EngineError`` where it cannot be recorded.
    """
    entry: dict[str, Any] = {
        "who": place.who,
        "role": place.role,
        "action": action,
        "ledgers": [_shown(os.path.abspath(each)) for each in ledgers[:LEDGERS]],  # noqa: PTH100 - not through links
        "result": result,
        "tool": f"audit-console {__version__}",
        **({"of_ledgers": len(ledgers)} if len(ledgers) > LEDGERS else {}),
        **({"config": place.config} if place.config else {}),
        **({"details": dict(details)} if details else {}),
    }
    try:
        with OwnFolder.at(place.folder, own=True) as folder, folder.file(FILE, write=True) as descriptor:
            _lock(descriptor)
            log, number, previous, size, torn = _end(descriptor)
            line, _ = line_of(log, number + 1, iso(now_micros()), entry, previous)
            write_all(descriptor, (b"\n" if torn else b"") + line, size)
    except (NoMemoryError, OSError) as error:
        raise EngineError(f"The chain of custody {error}") from error


def _lock(descriptor: int) -> None:
    """Wait for the file, but not for a process that was stopped with it in its hands. Raises ``NoMemoryError``."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise NoMemoryError("is being written by another process, which does not come to an end") from None
            time.sleep(0.01)


def _shown(path: str) -> str:
    """A path as text: bytes of it that are not UTF-8 as ``\\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _end(descriptor: int) -> tuple[str, int, str | None, int, bool]:
    """Log, number and hash of the last whole entry, the size, and true if the file ends within a line. Without a whole
    entry a new log begins."""
    size = at = os.fstat(descriptor).st_size
    tail = b""
    while at > 0:
        begin = max(0, at - PIECE)
        tail = os.pread(descriptor, at - begin, begin) + tail
        at = begin
        whole = tail if at == 0 else tail.partition(b"\n")[2]
        for line in reversed(whole.split(b"\n")):
            found = strict.decode(line).document if line else None
            if found is not None and breach(found) is None:
                return found["log"], found["number"], found["hash"], size, not tail.endswith(b"\n")
    return os.urandom(16).hex(), 0, None, size, size > 0 and not tail.endswith(b"\n")
