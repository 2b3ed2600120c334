"""A filter of events, asked of findings.

What a finding knows itself (code, severity, ledger, number) is asked of it; the rest is asked of the event at which it
points. So ``code:chain.*`` gives these findings and not all findings of the same events, and ``type:Approved`` gives
the findings at such events.
"""

from enum import Enum

from console.engine.search.raw_scan import matches
from console.engine.session.records import Records
from console.model.trust import Severity
from console.sources.protocol import MAX_RECORD
from console.store.filter import Filter
from console.store.filter.tree import And, Condition, InStream, Matches, Not, Or, SequenceWithin, WorstFrom
from console.store.protocol import IndexReader
from console.store.rows import FindingRow, LedgerRow

TRUE, FALSE = And(), Or(())


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
        left = asked_of_event(self._filter.condition, row, ledger)
        if left == FALSE:
            return Fit.NO
        texts = self._filter.texts
        if left == TRUE and not texts:
            return Fit.YES
        record = row.finding.record
        if record is None:
            return Fit.UNPLACED
        events = await self._reader.between(Filter(left), ledger.id, record, record, 1)
        if not events:
            there = await self._reader.between(Filter(), ledger.id, record, record, 1)
            return Fit.NO if there else Fit.UNPLACED
        if texts and not matches((await self._records.raw(events[0], MAX_RECORD)).record.raw, texts):
            return Fit.NO
        return Fit.YES


def asked_of_event(condition: Condition, row: FindingRow, ledger: LedgerRow) -> Condition:
    """What is left of a condition for the finding's event, once the finding has answered its part."""
    finding = row.finding
    match condition:
        case And(parts):
            left = [part for each in parts if (part := asked_of_event(each, row, ledger)) != TRUE]
            return FALSE if FALSE in left else left[0] if len(left) == 1 else And(tuple(left))
        case Or(parts):
            left = [part for each in parts if (part := asked_of_event(each, row, ledger)) != FALSE]
            return TRUE if TRUE in left else left[0] if len(left) == 1 else Or(tuple(left))
        case Not(part):
            inner = asked_of_event(part, row, ledger)
            return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
        case Matches("code" | "ledger" | "format" as name, patterns):
            text = {"code": finding.code, "ledger": ledger.path, "format": ledger.format}[name]
            return _known(any(pattern.fits(text) for pattern in patterns))
        case WorstFrom(severity):
            return _known(severity is not Severity.NONE and finding.severity >= severity)
        case InStream(patterns, None) if finding.stream is not None:
            # The event may be in further streams too.
            return TRUE if any(pattern.fits(finding.stream) for pattern in patterns) else condition
        case SequenceWithin(low, high) if finding.sequence is not None:
            return _known((low is None or finding.sequence >= low) and (high is None or finding.sequence <= high))
        case _:
            return condition


def _known(holds: bool) -> Condition:
    return TRUE if holds else FALSE
