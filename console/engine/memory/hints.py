"""The state of a ledger's files: if it is what it was, their content is, too.

A program can set a file's times of change, but not that of its change of state (ctime), so only all of them together
count. They are taken before a ledger is read: what is written meanwhile then shows as a later state.
"""

import hashlib
import os

from console.engine.ledgers.rotated_source import files_of
from console.sources.files import opened, read_at
from console.sources.protocol import Source
from console.witness.observations import Hints

HEAD = 4096
_LOGS = ("", "-wal", "-journal")


def hints_of(source: Source) -> Hints:
    """Of a ledger as it is now. Raises ``SourceError``."""
    files = files_of(source)
    with opened(files[0].path) as descriptor:
        status = os.fstat(descriptor)
        head = hashlib.sha256(read_at(files[0].path, descriptor, 0, HEAD)).hexdigest()
    state = ";".join(_state(each) for each in files)
    return Hints(state, sum(each.state().size for each in files), status.st_mode, status.st_uid, head)


def _state(source: Source) -> str:
    found = []
    for suffix in _LOGS if source.container == "sqlite" else ("",):
        try:
            status = os.stat(source.path + suffix)  # noqa: PTH116 - the path's text
        except OSError:
            found.append("")
            continue
        times = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
        found.append(f"{status.st_dev}:{status.st_ino}:{status.st_size}:{times}")
    return ",".join(found)
