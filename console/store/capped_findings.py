"""The one rule of how many findings are kept: the first ones of each code one by one, the rest counted exactly.

A portion keeps it, so that a million bad lines do not fill memory on their way; a part of a ledger that another worker
checks keeps it; and so does an index for each of its ledgers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from console.model.finding import Finding

DETAIL = 1000
"""Findings of one code that are listed one by one."""


OF_ANY_STREAM = ("record", "container", "witness")
"""Families of findings that name no stream where any may be concerned."""


def concerns(found: Finding, stream: str | None) -> bool:
    """True if a finding of a ledger counts for one of its streams: it names the stream, or it names none and is about
    something that may have held an event of it. All count for None, the whole ledger."""
    return stream is None or found.stream == stream or (found.stream is None and found.family in OF_ANY_STREAM)


class CappedFindings:
    """Findings of one ledger, or of a part of it. ``listed`` are those of each code that are listed already; with
    ``stream`` only findings that concern it are taken."""

    def __init__(self, listed: Mapping[str, int] | None = None, *, stream: str | None = None) -> None:
        self._stream = stream
        self._listed = Counter(listed)
        self._worst: dict[str, Finding] = {}
        self._more: Counter[str] = Counter()

    def take(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those of them that are listed; the others are counted."""
        listed = []
        for each in findings:
            if not concerns(each, self._stream):
                continue
            code = each.code
            if self._listed[code] < DETAIL:
                self._listed[code] += 1
                listed.append(each)
                continue
            self._more[code] += each.count
            if code not in self._worst or each.severity > self._worst[code].severity:
                self._worst[code] = each
        return listed

    def rest(self) -> list[Finding]:
        """For each code with more findings than are listed the worst of these, in the name of all; once."""
        found = [replace(self._worst[code], count=count) for code, count in self._more.items()]
        self._worst, self._more = {}, Counter()
        return found
