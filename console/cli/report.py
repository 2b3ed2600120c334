"""Commands that formats bring: each report of a format is one, with the report's name.

The registry has them. A name that is a command of the console's own stays that.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from console.cli.names import UNVERIFIED
from console.cli.options import UnreadableQuery, common, micros, paths, settings_in_force
from console.cli.output import AsGiven, Paint, Ticker, out, out_json, paragraph, say
from console.cli.table import table
from console.model.words import count
from console.text import safe

if TYPE_CHECKING:
    from console.engine.questions import ReportAnswer

INDENT = "    "


def report_names() -> Mapping[str, str]:
    """The reports of all formats by name, and what each shows."""
    from console.engine.questions import reports

    return {name: report.summary for name, report in reports().items()}


def report_command(name: str) -> click.Command | None:
    """The command of this report; None where no format has it."""
    summary = report_names().get(name)
    if summary is None:
        return None

    @click.command(name, help=summary)
    @paths
    @click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
    @click.option("--where", metavar="QUERY", default="", help="Only rows that fit: worst:error, lag>2h, NAME:VALUE …")
    @click.option("--now", metavar="ISO", callback=micros, help="The moment that ages and due dates are counted to.")
    @common
    def command(
        paths: list[str], form: str, where: str, now: int | None, config: str | None, no_color: bool, **_: Any
    ) -> int:
        settings_in_force(config)
        return _run(paths, name, form, where, now, Paint(no_color))

    return command


def _run(paths: list[str], name: str, form: str, where: str, now: int | None, paint: Paint) -> int:
    from console.engine.api import EngineError, FilterError, make_report

    with Ticker("reading") as ticker:
        try:
            answer = make_report(
                paths, name, now=now, where=where, progress=lambda events: ticker.show(count(events, "event"))
            )
        except FilterError as error:
            raise UnreadableQuery(str(error), where, error.at, click.get_current_context()) from error
        except EngineError as error:
            say(str(error))
            return UNVERIFIED
    if form == "json":
        out_json(_object(answer))
    else:
        _print(answer, AsGiven(paths), paint)
    return _problems(answer)


def _print(answer: "ReportAnswer", shown: AsGiven, paint: Paint) -> None:
    from console.engine.api import report_cell

    columns = answer.report.columns
    heads = ["worst", *((">" if each.holds in ("number", "age") else "") + each.title for each in columns), "where"]
    rows, below = [], []
    for row in answer.table.rows:
        worst = f"{row.worst.glyph} {row.worst.word}" if row.worst else ""
        place = "" if row.ledger is None else shown(row.ledger) + ("" if row.ordinal is None else f":{row.ordinal}")
        rows.append([worst, *(report_cell(each, row.values.get(each.name)) for each in columns), place])
        below.append(row.details)
    if rows:
        table(heads, rows, lambda head, cell, padded: _painted(paint, head, cell, padded), titles=2, below=below)
    if not answer.ledgers:
        return
    if answer.table.summary:
        out(" · ".join(f"{safe(name)} {safe(str(value))}" for name, value in answer.table.summary.items()))
    if answer.kept_back:
        out(f"{count(answer.kept_back, 'row')} not shown (--where)")
    for note in answer.table.notes:
        for line in paragraph(safe(note)):
            out(line)
    if not rows and not answer.kept_back and not answer.table.notes:
        out("nothing to list")


def _painted(paint: Paint, head: str, cell: str, padded: str) -> str:
    from console.model.trust import Severity

    if head != "worst" or not cell:
        return padded
    return paint.severity(padded, Severity[cell.split()[-1].upper()])


def _object(answer: "ReportAnswer") -> dict[str, Any]:
    """The report for programs: each row's values by the names of its columns."""
    from console.engine.api import report_value, time_text

    columns = answer.report.columns
    return {
        "schema_version": 1,
        "report": answer.report.name,
        "format": answer.format,
        "now": time_text(answer.now),
        "rows": [
            {
                "worst": row.worst.word if row.worst else None,
                "values": {each.name: report_value(each, row.values.get(each.name)) for each in columns},
                "ledger": row.ledger,
                "record": row.ordinal,
                "details": [*row.details],
            }
            for row in answer.table.rows
        ],
        "summary": dict(answer.table.summary),
        "notes": [*answer.table.notes],
        "ledgers": [
            {
                "path": each.name,
                "events": each.events,
                "unreadable": each.unreadable,
                "problem": each.problem or None,
            }
            for each in answer.ledgers
        ],
    }


def _problems(answer: "ReportAnswer") -> int:
    """Say what was left out, and why. The exit code: 3 where something was, or there is nothing to report on."""
    for each in answer.skipped:
        say(f"{each.path}: {each.finding.message}")
    for read in answer.ledgers:
        if read.unreadable:
            say(f"{read.name}: {count(read.unreadable, 'record')} passed over that cannot be read")
        if read.problem:
            say(f"{read.name}: {read.problem}")
    if not answer.ledgers:
        beside = f"; {count(answer.others, 'ledger')} of other formats" if answer.others else ""
        say(f"There are no ledgers of the format {answer.format} here{beside}.")
    return 0 if answer.complete else UNVERIFIED
