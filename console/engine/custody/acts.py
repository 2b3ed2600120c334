"""The entries of a chain of custody, as they stand."""

from collections.abc import Mapping
from typing import Any

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.replay.decoded import LedgerRead, decoded
from console.formats.custody import FORMAT


def acts(path: str) -> list[Mapping[str, Any]]:
    """See ``console.engine.questions.recorded_acts``."""
    found: list[Mapping[str, Any]] = []
    for opened in open_ledgers([path]):
        if isinstance(opened, Opened) and opened.format.name == FORMAT.name:
            found += [event.document for event in decoded(opened, opened.context(), LedgerRead(opened.name))]
    return found
