"""Says the first few findings of a cause one by one and counts the others: exact counts, capped detail."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.model.finding import Finding
from console.model.trust import Confidence, Severity
from console.verify.catalogue import CATALOGUE, finding

EACH = 3
"""Findings of one cause that are said one by one."""
CAUSES = 100
"""Causes of one code that are told apart; those beyond are counted as one."""


@dataclass(slots=True)
class _Cause:
    said: int = 0
    counted: int = 0
    first: Finding | None = None
    """The first of those that were only counted."""


class Grouped:
    """The findings of one ledger by cause: a code, and a group of the caller's choice (a stream, a type)."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str], _Cause] = {}
        self._known: dict[str, int] = {}
        self._changed: set[tuple[str, str]] = set()

    def say(self, finding: Finding, group: str = "", *, each: int = EACH) -> list[Finding]:
        """The finding itself while its cause is young; later nothing, and it is counted."""
        cause = self._cause(finding.code, group)
        if cause.said < each:
            cause.said += 1
            return [finding]
        cause.counted += 1
        if cause.first is None:
            cause.first = finding
        return []

    def counts(self, code: str, group: str = "") -> bool:
        """Whether ``count`` knows this cause."""
        cause = self._causes.get((code, group))
        return cause is not None and cause.first is not None

    def count(self, code: str, group: str = "") -> bool:
        """Count one more of a cause that was given with ``begin``; False if it is not known yet."""
        cause = self._causes.get((code, group))
        if cause is None or cause.first is None:
            return False
        cause.counted += 1
        self._changed.add((code, group))
        return True

    def begin(self, finding: Finding, group: str = "") -> None:
        """Count one of a cause that is never said one by one; the first gives place and words."""
        cause = self._cause(finding.code, group)
        cause.counted += 1
        if cause.first is None:
            cause.first = finding

    def standing(self) -> Iterator[Finding]:
        """One finding for each cause that was counted."""
        for cause in self._causes.values():
            if cause.first is not None:
                message = cause.first.message
                if cause.said:
                    message = f"{cause.counted:,} more of this kind; the first of them: {message}"
                yield replace(cause.first, message=message, count=cause.counted, standing=True)

    def take(self) -> Iterator[tuple[str, bytes]]:
        """What changed since this was last asked, as items for ``load``."""
        for code, group in self._changed:
            cause = self._causes[code, group]
            first = None if cause.first is None else _plain(cause.first)
            yield json.dumps(["cause", code, group]), json.dumps([cause.said, cause.counted, first]).encode()
        self._changed = set()

    def load(self, key: list[str], value: bytes) -> None:
        """Restore one item; ``key`` is its key, decoded."""
        said, counted, first = json.loads(value)
        code, group = key[1], key[2]
        self._causes[code, group] = _Cause(said, counted, None if first is None else _finding(first))
        self._known[code] = self._known.get(code, 0) + 1

    def _cause(self, code: str, group: str) -> _Cause:
        key = (code, group)
        cause = self._causes.get(key)
        if cause is None:
            known = self._known.get(code, 0)
            if known >= CAUSES:
                key = (code, "\0others")
                cause = self._causes.get(key)
            if cause is None:
                cause = self._causes[key] = _Cause()
                self._known[code] = known + 1
        self._changed.add(key)
        return cause


class Said:
    """What is said of the events of one ledger, one event after the other.

    ``findings`` and ``worst`` are about the event at hand: what is said one by one, and what marks its row.
    """

    def __init__(self) -> None:
        self.grouped = Grouped()
        self.begin((0, 0, 0), None)

    def begin(self, place: tuple[int, int, int], event_id: str | None) -> None:
        """What follows is about this event; ``place`` is its record's ordinal, offset and length."""
        self.place = place
        self.event_id = event_id
        self.findings: list[Finding] = []
        self.worst = Severity.NONE

    def say(self, code: str, message: str, group: str = "", each: int = EACH, **more: Any) -> None:
        """A finding at this event; counted only, if its cause was said often enough. Marks the row either way."""
        record, offset, length = self.place
        said = finding(code, message, record=record, offset=offset, length=length, event_id=self.event_id, **more)
        self.findings += self.grouped.say(said, group, each=each)
        if said.severity > self.worst:
            self.worst = said.severity

    def count(
        self, code: str, message: str, group: str = "", severity: Severity | None = None, mark: bool = True
    ) -> None:
        """Count one more of a cause that is said once for the whole ledger; marks the row if asked to."""
        if not self.grouped.count(code, group):
            record, offset, length = self.place
            said = finding(code, message, severity=severity, record=record, offset=offset, length=length)
            self.grouped.begin(said, group)
        if mark:
            self.worst = max(self.worst, CATALOGUE[code].severity if severity is None else severity)

    def count_known(self, causes: Sequence[tuple[str, str]]) -> bool:
        """Count one more of each of these causes (code and group), which mark no row; False, and nothing is counted, if
        one of them was not told before."""
        if not all(self.grouped.counts(*cause) for cause in causes):
            return False
        for cause in causes:
            self.grouped.count(*cause)
        return True


_NAMES = ("code", "message", "stream", "event_id", "sequence", "record", "offset", "length", "field", "expected",
          "actual")  # fmt: skip


def _plain(finding: Finding) -> list[object]:
    return [int(finding.severity), finding.confidence.value, *(getattr(finding, name) for name in _NAMES)]


def _finding(values: Iterable[object]) -> Finding:
    severity, confidence, *rest = values
    fields: dict[str, object] = dict(zip(_NAMES, rest, strict=True))
    return Finding(severity=Severity(severity), confidence=Confidence(confidence), **fields)  # type: ignore[arg-type]  # written by _plain
