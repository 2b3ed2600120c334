"""What is wrong with the records of one ledger: listed one by one, or counted by cause. Exact counts, capped detail.

A cause is a code and a group of the caller's choice (a stream, a type, a field). A rule that strikes at every event is
one finding with a count, and a broken writer fills no screen; nothing is lost, for what is not listed is counted. The
counts are carried from batch to batch and from start to start.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from console.formats.reading.saved_state import pack, unpack
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.trust import Confidence, Severity
from console.verify.catalogue import CATALOGUE, finding

EACH = 3
"""A usual number of findings of one cause that are listed one by one."""
CAUSES = 100
"""Causes of one code that are counted apart; those beyond are counted together."""
_OTHERS = "\0others"
_MARK = '["cause", '


class Place(NamedTuple):
    """Where a record is: ``ordinal`` from 1, ``offset`` and ``length`` in bytes of the decoded stream."""

    ordinal: int
    offset: int
    length: int


class Remark(NamedTuple):
    """What a rule finds: a finding without its place, which the reader knows."""

    code: str
    message: str
    field: str | None = None
    expected: str | None = None
    actual: str | None = None
    severity: Severity | None = None
    """None: the catalogue's."""
    confidence: Confidence | None = None
    """None: the catalogue's."""


class Cause(msgspec.Struct, array_like=True):
    """Findings of one cause: how many were listed, how many counted, and the first of the counted ones."""

    listed: int = 0
    counted: int = 0
    first: Finding | None = None


class Recorder:
    """The findings of one ledger. ``found`` and ``worst`` are of the record at hand: what is listed, and what marks
    its row."""

    __slots__ = ("_causes", "_changed", "_known", "_limit", "event_id", "found", "place", "stream", "worst")

    def __init__(self, *, causes: int = CAUSES) -> None:
        self._limit = causes
        self._causes: dict[tuple[str, str], Cause] = {}
        self._known: dict[str, int] = {}
        """Causes of each code."""
        self._changed: set[tuple[str, str]] = set()
        self.begin(Place(0, 0, 0))

    # -- the record at hand

    def begin(self, place: Place, event_id: str | None = None, stream: str | None = None) -> None:
        """What follows is about this record; id and stream go into its findings."""
        self.place = place
        self.event_id = event_id
        self.stream = stream
        self.found: list[Finding] = []
        self.worst = Severity.NONE

    def add(self, code: str, message: str, *, group: str = "", each: int | None = None, **more: Any) -> None:
        """A finding at this record. With ``each`` only so many of its cause are listed, the others are counted.

        Marks the row either way. ``more`` are fields of ``Finding``.
        """
        ordinal, offset, length = self.place
        at = {"event_id": self.event_id, "stream": self.stream, **more}
        found = finding(code, message, record=ordinal, offset=offset, length=length, **at)
        self.take(found, group, each=each)

    def remark(self, remark: Remark, *, group: str = "", each: int | None = None, **more: Any) -> None:
        """``add`` with what a rule found."""
        code, message, field, expected, actual, severity, confidence = remark
        self.add(
            code,
            message,
            group=group,
            each=each,
            field=field,
            expected=expected,
            actual=actual,
            severity=severity,
            confidence=confidence,
            **more,
        )

    def take(self, found: Finding, group: str = "", *, each: int | None = None) -> None:
        """``add`` with a finding that has its place."""
        if found.severity > self.worst:
            self.worst = found.severity
        if each is None:
            self.found.append(found)
            return
        cause = self._cause(found.code, group)
        if cause.listed < each:
            cause.listed += 1
            self.found.append(found)
            return
        cause.counted += 1
        if cause.first is None:
            cause.first = found

    # -- what is only counted

    def count(
        self,
        code: str,
        message: str,
        group: str = "",
        *,
        times: int = 1,
        place: Place | None = None,
        severity: Severity | None = None,
        mark: bool = True,
        **more: Any,
    ) -> bool:
        """Count a cause that is one standing finding for the whole ledger; True if it is new.

        ``place`` is that of the first of ``times`` records, by default of the record at hand, whose row is then marked
        if ``mark``. The first gives place and words.
        """
        if mark and place is None:
            self.worst = max(self.worst, CATALOGUE[code].severity if severity is None else severity)
        cause = self._causes.get((code, group))
        if cause is not None and cause.first is not None:
            cause.counted += times
            self._changed.add((code, group))
            return False
        cause = self._cause(code, group)
        cause.counted += times
        if cause.first is not None:
            return False
        ordinal, offset, length = self.place if place is None else place
        cause.first = finding(code, message, severity=severity, record=ordinal, offset=offset, length=length, **more)
        return True

    def standing(self) -> Iterator[Finding]:
        """One finding for each cause that was counted, in the order of their first records."""
        found = [
            (cause.first.record or 0, key, cause.first, cause) for key, cause in self._causes.items() if cause.first
        ]
        for _, (_, group), first, cause in sorted(found, key=itemgetter(0, 1)):
            message = first.message
            if cause.listed or group == _OTHERS:
                kind = "other kinds" if group == _OTHERS else "this kind"
                message = f"{cause.counted:,} more of {kind}; the first of them: {message}"
            yield replace(first, message=message, count=cause.counted, standing=True)

    # -- saved state

    def save(self) -> Iterator[tuple[str, bytes]]:
        """Causes that changed since this was last asked, as items for ``restore``."""
        changed, self._changed = self._changed, set()
        for key in sorted(changed):
            yield json.dumps(["cause", *key]), pack(self._causes[key])

    def restore(self, name: str | StreamKey, data: bytes) -> bool:
        """Restore one item; False if it is none of the recorder's."""
        if not isinstance(name, str) or not name.startswith(_MARK):
            return False
        _, code, group = json.loads(name)
        if (code, group) not in self._causes:
            self._known[code] = self._known.get(code, 0) + 1
        self._causes[code, group] = unpack(data, Cause)
        return True

    def _cause(self, code: str, group: str) -> Cause:
        key = (code, group)
        cause = self._causes.get(key)
        if cause is None:
            known = self._known.get(code, 0)
            if known >= self._limit:
                key = (code, _OTHERS)
                cause = self._causes.get(key)
            if cause is None:
                cause = self._causes[key] = Cause()
                self._known[code] = known + 1
        self._changed.add(key)
        return cause


def capped(findings: Iterable[Finding], limit: int, rest: Callable[[int], Finding]) -> list[Finding]:
    """The first ``limit`` findings, and one made by ``rest`` from the number of the others, if there are any."""
    all_of_them = list(findings)
    over = len(all_of_them) - limit
    return all_of_them if over <= 0 else [*all_of_them[:limit], rest(over)]
