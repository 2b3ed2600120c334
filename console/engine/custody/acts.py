"""The entries of a chain of custody, as they stand."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.replay.decoded import LedgerRead, decoded
from console.formats.custody import FORMAT


def acts(path: str, last: int | None = None) -> tuple[list[Mapping[str, Any]], int]:
    """See ``console.engine.questions.recorded_acts``."""
    found: deque[Mapping[str, Any]] = deque(maxlen=last)
    total = 0
    for opened in open_ledgers([path]):
        if isinstance(opened, Opened) and opened.format.name == FORMAT.name:
            for event in decoded(opened, opened.context(), LedgerRead(opened.name)):
                found.append(event.document)
                total += 1
    return [*found], total
