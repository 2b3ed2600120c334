"""Encrypted events that could not be opened.

A line that does not open under a key has another key or was changed: which of the two is only known once that key
opened another line of the ledger.
"""

from collections.abc import Iterator
from typing import Any

from console.formats.reading.findings import Place
from console.formats.reading.saved_state import unpack
from console.formats.smvm.hashes.encrypted import Opening
from console.model.finding import Finding
from console.verify.catalogue import finding

LISTED = 100
"""Events that are listed one by one."""


class LockedEvents:
    """How many events were opened, and what became of the others."""

    def __init__(self) -> None:
        self._opened = 0
        self._counts: dict[str, tuple[int, Place]] = {}
        """By the name of their ``Opening``: how many, and the first."""
        self._failed: list[Place] = []

    def add(self, state: Opening, place: Place) -> None:
        """The next encrypted event."""
        if state is Opening.OPENED:
            self._opened += 1
            return
        number, first = self._counts.get(state.name, (0, place))
        self._counts[state.name] = number + 1, first
        if state is Opening.FAILED and len(self._failed) < LISTED:
            self._failed.append(place)

    def standing(self) -> Iterator[Finding]:
        """What is to be stated as of now."""
        for name, (number, place) in self._counts.items():
            state = Opening[name]
            if state is Opening.FAILED and self._opened:
                yield from self._changed(number)
                continue
            reason = "none opens under the key at hand" if state is Opening.FAILED else state.value
            message = f"Encrypted events (JWE): they are listed, not verified: {reason}."
            yield finding("data.encrypted", message, count=number, standing=True, **_at(place))

    def _changed(self, number: int) -> Iterator[Finding]:
        code = "data.decryption-failed"
        message = "The event does not open under the key that opens others: it was changed, or has another key."
        for place in self._failed:
            yield finding(code, message, standing=True, **_at(place))
        if more := number - len(self._failed):
            yield finding(code, "Further events that do not open.", count=more, standing=True)

    def dump(self) -> Any:
        """For ``load``, packed."""
        return self._opened, self._counts, self._failed

    def load(self, data: bytes) -> None:
        """Take back what ``dump`` gave."""
        kind = tuple[int, dict[str, tuple[int, Place]], list[Place]]
        self._opened, self._counts, self._failed = unpack(data, kind)


def _at(place: Place) -> dict[str, Any]:
    return {"record": place.ordinal, "offset": place.offset, "length": place.length}
