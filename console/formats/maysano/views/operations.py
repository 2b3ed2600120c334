"""``operations``: how each set-up went, its phases as progress, its tables one by one.

A capture holds one operation. Nothing is counted that its events do not say; a stream without an end may still run, or
was broken off: the capture alone cannot tell.
"""

from collections.abc import Mapping

from console.formats.maysano.record import SSE
from console.formats.maysano.rules.operation import Phase
from console.formats.maysano.views.progress import SetupProgress
from console.formats.maysano.views.replay import data_of
from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.model.event import NO_TIME, Event
from console.model.trust import Severity

LINES = 200
"""Lines of details of one operation."""
OUTCOMES = {"done": "done", "error": "failed", "": "no end yet"}


class OperationsFold:
    """All captures; see ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._captures: dict[str, SetupProgress] = {}
        self._others: set[str] = set()

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._captures.pop(ledger, None)
        self._others.discard(ledger)
        if shape == SSE:
            self._captures[ledger] = SetupProgress()
        else:
            self._others.add(ledger)

    def take(self, ledger: str, event: Event) -> None:
        progress = self._captures.get(ledger)
        if progress is not None and event.document.get("data") is not None:
            time = NO_TIME if event.instant is None else event.instant.micros
            progress.take(event.type, data_of(event), time, event.ordinal)

    def table(self, now: int) -> ReportTable:
        rows = [_row(ledger, progress) for ledger, progress in self._captures.items()]
        summary = {"operations": len(rows)} | {
            word: sum(row.values["outcome"] == word for row in rows) for word in OUTCOMES.values()
        }
        notes: tuple[str, ...] = ()
        if self._others:
            count = len(self._others)
            notes = (f"{count} {'ledger holds' if count == 1 else 'ledgers hold'} changes, and no operation.",)
        return ReportTable(rows, summary, notes)


def _row(ledger: str, progress: SetupProgress) -> ReportRow:
    operation = progress.operation
    lacks = operation.lacks() if operation.ended == "done" else []
    states = [item.state for item in progress.items.values()]
    tables = ", ".join(f"{states.count(each)} {each}" for each in ("ready", "failed", "under way") if each in states)
    elapsed = None if operation.first is None or operation.last is None else operation.last - operation.first
    values = {
        "operation": ledger.rpartition("/")[2],
        "outcome": OUTCOMES[operation.ended],
        "phase": operation.phase,
        "recommend": _progress(operation.recommend),
        "create": _progress(operation.create),
        "run": "completed" if operation.run.ended else "started" if operation.run.started else None,
        "tables": tables or None,
        "errors": len(progress.errors),
        "elapsed": elapsed,
        "last": operation.last,
    }
    details = [*(f"but {lack}" for lack in lacks), *(f"record {at}: {text}" for at, text in progress.errors)]
    details += [f"table {name}: {item.words}" for name, item in progress.items.items()]
    if len(details) > LINES:
        details[LINES:] = [f"showing {LINES} of {len(details):,} lines"]
    return ReportRow(values, _worst(progress, lacks), ledger, operation.record or None, tuple(details))


def _progress(phase: Phase) -> tuple[int, int | None] | None:
    if not phase.started:
        return None
    return phase.done + phase.failed, phase.total if phase.total >= 0 else None


def _worst(progress: SetupProgress, lacks: list[str]) -> Severity:
    if progress.operation.ended == "error":
        return Severity.ERROR
    if lacks or not progress.operation.ended:
        return Severity.WARNING
    return Severity.NOTE if progress.errors else Severity.NONE


OPERATIONS = Report(
    "operations",
    "Operations",
    "How each set-up stream went: its phases, tables and errors.",
    (
        ReportColumn("operation", "operation"),
        ReportColumn("outcome", "outcome"),
        ReportColumn("phase", "phase"),
        ReportColumn("recommend", "recommend", "progress"),
        ReportColumn("create", "create", "progress"),
        ReportColumn("run", "run"),
        ReportColumn("tables", "tables"),
        ReportColumn("errors", "errors", "number"),
        ReportColumn("elapsed", "elapsed", "age"),
        ReportColumn("last", "last", "time"),
    ),
    OperationsFold,
)
