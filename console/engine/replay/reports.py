"""Reports: all events of all ledgers of a format, folded into the table that the format declares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from console.engine.errors import EngineError
from console.engine.ledgers.opening import open_ledgers
from console.engine.ledgers.options import Options
from console.engine.ledgers.volumes import joined
from console.engine.replay.decoded import LedgerRead, decoded
from console.engine.replay.row_filter import rows_where
from console.formats.json.times import now_micros
from console.formats.protocol import RULES, Format
from console.formats.registry import reports
from console.formats.report import Report, ReportTable
from console.sources.protocol import Skipped

OFTEN = 1000
"""Events between two calls of the progress."""
_REASON = 300
"""Characters of an error that are repeated."""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """A report as of ``now`` (UTC microseconds), its rows the worst first; the ledgers that it was made of, the paths
    that could not be read, and how many ledgers are of other formats."""

    report: Report
    format: str
    now: int
    table: ReportTable
    ledgers: Sequence[LedgerRead] = ()
    skipped: Sequence[Skipped] = ()
    others: int = 0
    kept_back: int = 0
    """Rows that the filter did not let through."""

    def __reduce__(self) -> tuple[Any, ...]:
        """The report goes to other processes by its name."""
        return _answered, (self.report.name, *(getattr(self, each.name) for each in fields(self)[1:]))

    @property
    def complete(self) -> bool:
        """True if there are ledgers of the format, and nothing of them or beside them was left out."""
        whole = all(not each.problem and not each.unreadable for each in self.ledgers)
        return bool(self.ledgers) and whole and not self.skipped


def _answered(name: str, *rest: Any) -> ReportAnswer:
    return ReportAnswer(reports()[name][1], *rest)


@dataclass(slots=True)
class _Gathered:
    ledgers: list[LedgerRead] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    others: int = 0


def make_report(
    paths: Sequence[str],
    name: str,
    *,
    now: int | None = None,
    where: str = "",
    progress: Callable[[int], None] | None = None,
) -> ReportAnswer:
    """Read what is under these paths and make the report of this name, with the rows that the filter ``where`` lets
    through. ``progress`` hears events so far.

    Never raises for what ledgers hold; raises ``FilterError``, and ``EngineError`` where there is no such report, or
    its format fails.
    """
    known = reports().get(name)
    if known is None:
        raise EngineError(f"No format has a report {name}.")
    form, report = known
    when = now_micros() if now is None else now
    wanted = rows_where(where, report.columns)
    found = _Gathered()
    try:
        table = _folded(paths, form, report, when, found, progress)
    except Exception as error:
        words = f"{type(error).__name__}: {error}".removesuffix(": ")[:_REASON]
        raise EngineError(f"The format {form.name} failed to make the report {name}: {words}") from error
    rows = sorted(filter(wanted, table.rows), key=lambda row: -row.worst)
    kept_back = len(table.rows) - len(rows)
    table = replace(table, rows=rows)
    return ReportAnswer(report, form.name, when, table, found.ledgers, found.skipped, found.others, kept_back)


def _folded(
    paths: Sequence[str],
    form: Format,
    report: Report,
    now: int,
    found: _Gathered,
    progress: Callable[[int], None] | None,
) -> ReportTable:
    fold = report.fold()
    options = Options(now=now)
    taken = 0
    for item in joined(paths, open_ledgers(paths)):
        if isinstance(item, Skipped):
            found.skipped.append(item)
        elif item.format.name != form.name:
            found.others += 1
        else:
            read = LedgerRead(item.name)
            found.ledgers.append(read)
            context = item.context(options)
            own = {RULES: context.rules.encode()} if context.rules else {}
            fold.begin(item.name, item.claim.shape, {**item.companions, **own})
            for event in decoded(item, context, read):
                fold.take(item.name, event)
                taken += 1
                if progress is not None and not taken % OFTEN:
                    progress(taken)
    return fold.table(now)
