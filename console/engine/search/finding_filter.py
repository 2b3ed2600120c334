"""A filter of events, asked of findings.

What a finding knows itself (code, severity, ledger, number) is asked of it; the rest is asked of the event at which it
points. So ``code:chain.*`` gives these findings and not all findings of the same events, and ``type:Approved`` gives
the findings at such events.
"""

from enum import Enum

from console.engine.search.record_conditions import RecordConditions
from console.engine.session.records import Records
from console.model.trust import Severity
from console.sources.protocol import MAX_RECORD
from console.store.filter import Filter
from console.store.filter.tree import (
    FALSE,
    TRUE,
    Condition,
    InStream,
    Leaf,
    Matches,
    SequenceWithin,
    WorstFrom,
    rebuilt,
)
from console.store.protocol import IndexReader
from console.store.rows import FindingRow, LedgerRow


class Fit(Enum):
    """What a filter says of a finding."""

    YES = "it fits"
    NO = "it does not"
    UNPLACED = "the filter asks for something of events, and it points at none"


class FindingFilter:
    """Asks one filter of findings of an index."""

    def __init__(self, filter: Filter, reader: IndexReader) -> None:
        self._filter = filter
        self._reader = reader
        self._records = Records(reader)

    async def fit(self, row: FindingRow, ledger: LedgerRow) -> Fit:
        """What the filter says of a finding of this ledger."""
        left = Filter(rebuilt(self._filter.condition, lambda leaf: asked_of_event(leaf, row, ledger)))
        if left.condition in (TRUE, FALSE):
            return Fit.YES if left.everything else Fit.NO
        record = row.finding.record
        if record is None:
            return Fit.UNPLACED
        there = await self._reader.between(Filter(), ledger.id, record, record, 1)
        if not there:
            return Fit.UNPLACED
        if left.of_record:
            raw = (await self._records.raw(there[0], MAX_RECORD)).record.raw
            left = left.given(RecordConditions(left).held(raw).__contains__)
        return Fit.YES if await self._reader.between(left, ledger.id, record, record, 1) else Fit.NO


def asked_of_event(leaf: Leaf, row: FindingRow, ledger: LedgerRow) -> Condition:
    """What is left of a part of a filter for the finding's event, once the finding has answered it."""
    finding = row.finding
    match leaf:
        case Matches("code" | "ledger" | "format" as name, patterns):
            text = {"code": finding.code, "ledger": ledger.path, "format": ledger.format}[name]
            return _known(any(pattern.fits(text) for pattern in patterns))
        case WorstFrom(severity):
            return _known(severity is not Severity.NONE and finding.severity >= severity)
        case InStream(patterns, None) if finding.stream is not None:
            # The event may be in further streams too.
            return TRUE if any(pattern.fits(finding.stream) for pattern in patterns) else leaf
        case SequenceWithin(low, high) if finding.sequence is not None:
            return _known((low is None or finding.sequence >= low) and (high is None or finding.sequence <= high))
        case _:
            return leaf


def _known(holds: bool) -> Condition:
    return TRUE if holds else FALSE
