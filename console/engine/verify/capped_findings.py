"""Findings with exact counts and a bounded number of details, however many a ledger has."""

from bisect import insort
from collections import Counter
from collections.abc import Sequence

from console.model.finding import Finding

DETAIL = 1000
"""Findings of one code that are listed one by one; the rest are counted."""


def concerns(found: Finding, stream: str) -> bool:
    """True if a finding of a ledger counts for one of its streams: it names the stream, or it names none and is about a
    record or the container, which may have held an event of it."""
    return found.stream == stream or (found.stream is None and found.family in ("record", "container"))


class CappedFindings:
    """Findings with exact counts and a bounded number of details for each code; with ``stream`` only what concerns
    it."""

    def __init__(self, stream: str | None = None) -> None:
        self._stream = stream
        self._listed: dict[str, list[Finding]] = {}
        """By code, in the order of the ledger."""
        self._more: Counter[tuple[str, str | None]] = Counter()
        """How many more, by code and stream."""
        self._worst: dict[tuple[str, str | None], Finding] = {}

    def add(self, findings: Sequence[Finding]) -> None:
        """Take more findings."""
        for each in findings:
            if self._stream is not None and not concerns(each, self._stream):
                continue
            listed = self._listed.setdefault(each.code, [])
            last = each
            if len(listed) < DETAIL or _place(each) < _place(listed[-1]):
                insort(listed, each, key=_place)
                if len(listed) <= DETAIL:
                    continue
                last = listed.pop()
            key = (last.code, last.stream)
            self._more[key] += last.count
            if key not in self._worst or last.severity > self._worst[key].severity:
                self._worst[key] = last

    def drop(self, stream: str, family: str) -> None:
        """Take back the findings of one stream and family."""
        for code, listed in self._listed.items():
            if code.partition(".")[0] == family:
                self._listed[code] = [each for each in listed if each.stream != stream]
                self._more.pop((code, stream), None)
                self._worst.pop((code, stream), None)

    def all(self) -> list[Finding]:
        """Details in the order of the ledger, then one finding for the rest of each code."""
        more: Counter[str] = Counter()
        worst: dict[str, Finding] = {}
        for key, count in self._more.items():
            code, found = key[0], self._worst[key]
            more[code] += count
            if code not in worst or found.severity > worst[code].severity:
                worst[code] = found
        rest = [
            Finding(
                code=code,
                severity=worst[code].severity,
                message=f"Further findings of this kind: only the first {DETAIL:,} are listed one by one.",
                confidence=worst[code].confidence,
                count=count,
            )
            for code, count in sorted(more.items())
        ]
        return [*sorted((each for listed in self._listed.values() for each in listed), key=_place), *rest]


def _place(found: Finding) -> tuple[object, ...]:
    """Where a finding stands among others; what names no record comes last."""
    record = found.record is None, found.record or 0, found.offset or 0
    return (*record, found.code, found.stream or "", found.field or "", found.message)
