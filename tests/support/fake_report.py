"""Reports on the fake session: its deals with every kind of column, and one that lists nothing."""

from typing import TYPE_CHECKING

from console.engine.replay.decoded import LedgerRead
from console.engine.replay.reports import ReportAnswer
from console.formats.report import Report, ReportColumn, ReportFold, ReportRow, ReportTable
from console.model.trust import Severity

if TYPE_CHECKING:
    from tests.support.fake_session import FakeSession

HOUR = 3_600_000_000


def _no_fold() -> ReportFold:
    raise NotImplementedError


DEALS = Report(
    "deals",
    "Deals [/x]",
    "Deals and their approvals.",
    (
        ReportColumn("deal", "deal"),
        ReportColumn("ready", "ready", "flag"),
        ReportColumn("since", "since", "time"),
        ReportColumn("age", "open for", "age"),
        ReportColumn("approvals", "approvals", "progress"),
        ReportColumn("amount", "amount", "number"),
    ),
    _no_fold,
)
EMPTY = Report("nothing", "Nothing", "Lists nothing.", (ReportColumn("a", "a"),), _no_fold)


def answer(session: "FakeSession", name: str) -> ReportAnswer:
    if name == EMPTY.name:
        return ReportAnswer(EMPTY, "kernel", 0, ReportTable([]), [LedgerRead("a", 3)])
    newest: dict[str, ReportRow] = {}
    for entry in session.entries:
        row = entry.row
        if row.stream_kind == "deal":
            broken = row.stream == 2
            values = {
                "deal": row.stream_key,
                "ready": (True, None, False)[row.stream % 3],
                "since": row.time,
                "age": row.ordinal * HOUR,
                "approvals": (row.stream % 4, 3),
                "amount": row.ordinal * 1000,
            }
            worst = Severity.ERROR if broken else Severity.NONE
            details = ("An approval is missing \x1b]0;owned\x07.",) if broken else ()
            name_of_ledger = "deals/acme/events.jsonl"
            newest[row.stream_key] = ReportRow(values, worst, name_of_ledger, row.ordinal, details)
    rows = sorted(newest.values(), key=lambda each: -each.worst)
    table = ReportTable(rows, {"deals": len(rows)}, ("Two of three approvals are enough [/x].",))
    return ReportAnswer(DEALS, "kernel", 1_767_312_000_000_000, table, [LedgerRead("a", 120, unreadable=2)])
